export { firstOf, fromClaim, fromHeader, fromPath, fromQuery, fromSession, fromSubdomain, lookup } from "./resolvers.ts"
export type { Authorization, Resolved, TenantScopeOptions } from "./options.ts"
export type { Rejection } from "./rejection.ts"
export type { Selector } from "./selector.ts"
