export { bindTenant } from "./core/bind-tenant.ts"
export { bindTenantIterable } from "./core/bind-tenant-iterable.ts"
export { TenantFailsafeError } from "./core/errors.ts"
export type { FailsafeErrorCode } from "./core/errors.ts"
export {
  currentScope,
  currentTenant,
  requireTenant,
  switchTenant,
  withoutTenant,
  withTenant,
  withTenants,
} from "./core/scope.ts"
export type { Scope } from "./core/scope.ts"
export type { TenantId } from "./core/tenant-id.ts"
export { tenantJob } from "./core/tenant-job.ts"
export type { BypassRecord } from "./core/bypass-channel.ts"
export type { LeakKind, LeakReport } from "./core/leak-report.ts"
export type { FailsafeOptions } from "./core/options.ts"
