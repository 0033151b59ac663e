export { tenantScope } from "./tenant-scope.ts"
export { tenantSwitch } from "./tenant-switch.ts"
export { tenantless } from "./tenantless.ts"
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
