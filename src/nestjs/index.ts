export { TenantModule } from "./tenant-module.ts"
export type { TenantModuleAsyncOptions } from "./tenant-module.ts"
export { TenantGuard } from "./tenant-guard.ts"
export { Tenantless } from "./tenantless.ts"
export { tenantSwitch } from "./tenant-switch.ts"
export type { TenantModuleOptions, TenantModulePlacement } from "./options.ts"
export {
  firstOf,
  fromBody,
  fromClaim,
  fromHeader,
  fromPath,
  fromQuery,
  fromSession,
  fromSubdomain,
  lookup,
} from "../http/index.ts"
export type {
  Authorization,
  Rejection,
  Resolved,
  Selector,
  SwitchedTenant,
  TenantScopeOptions,
  TenantSwitchOptions,
} from "../http/index.ts"
