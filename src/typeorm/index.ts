export type { FilteredCollection } from "./filtered-collection.ts"
export type { FailsafeOptions } from "../core/options.ts"
export { withFailsafe } from "./with-failsafe.ts"
export { tenantModel } from "./tenant-model.ts"
