export { createNamespace, destroyNamespace, getNamespace, reset } from "./namespaces.ts"
export { fromClsHooked } from "./from-cls-hooked.ts"
export type { Context, Namespace } from "./namespace.ts"
