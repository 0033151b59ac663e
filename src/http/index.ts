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
} from "./resolvers.ts"
export type { Authorization, Authorize, OnReject, Resolve, Resolved, TenantScopeOptions } from "./options.ts"
export type { Rejection } from "./rejection.ts"
export type { Selector } from "./selector.ts"
export type { SwitchedTenant, TenantSwitchOptions } from "./tenant-switch.ts"
