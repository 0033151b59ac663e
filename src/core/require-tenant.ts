import { captureOrigin } from "./call-site.ts"
import { TenantFailsafeError } from "./errors.ts"
import { scopeLoss } from "./scope-loss.ts"
import { currentScope } from "./scope.ts"
import type { TenantId } from "./tenant-id.ts"

/**
 * The current tenant's id, as it was given, for code that cannot go on without one.
 *
 * @throws TenantFailsafeError `TENANT_MISSING` outside any scope and in `withoutTenant`; `TENANT_AMBIGUOUS` in
 * `withTenants`
 *
 * @example
 * const cacheKey = `${requireTenant()}:${customerId}`
 */
export function requireTenant(): TenantId {
  const scope = currentScope()
  if (scope?.kind === "tenant") return scope.tenant
  if (scope === undefined) {
    const { where, history, details } = scopeLoss(captureOrigin())
    throw new TenantFailsafeError(
      "TENANT_MISSING",
      `requireTenant() was called outside any tenant scope${where}.${history} Wrap the caller in withTenant(id, fn); a ` +
        "callback that lost its scope keeps it with bindTenant(fn).",
      { call: "requireTenant()", ...details },
    )
  }
  if (scope.kind === "bypass") {
    throw new TenantFailsafeError(
      "TENANT_MISSING",
      "requireTenant() was called inside withoutTenant, where no tenant is current. Wrap the caller in " +
        "withTenant(id, fn), or read currentTenant(), which is undefined there.",
      { call: "requireTenant()", scope: "bypass" },
    )
  }
  throw new TenantFailsafeError(
    "TENANT_AMBIGUOUS",
    "requireTenant() was called inside withTenants, where several tenants are own. Narrow to one of them with " +
      "withTenant(id, fn), or read them all from currentScope().",
    { call: "requireTenant()", scope: "tenants" },
  )
}
