export { FilteredCollection } from "./filtered-collection.ts"
export { tenantModel } from "./tenant-model.ts"
export { withFailsafe } from "./with-failsafe.ts"
export type { FailsafeOptions } from "../core/options.ts"
