export { FilteredCollection } from "./filtered-collection.ts"
export { withFailsafe } from "./with-failsafe.ts"
export type { FailsafeOptions } from "../core/options.ts"
