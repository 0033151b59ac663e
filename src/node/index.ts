export { tenantScope } from "./tenant-scope.ts"
export {
  firstOf,
  fromClaim,
  fromHeader,
  fromPath,
  fromQuery,
  fromSession,
  fromSubdomain,
  lookup,
} from "../http/index.ts"
export type { Authorization, Rejection, Resolved, Selector, TenantScopeOptions } from "../http/index.ts"
