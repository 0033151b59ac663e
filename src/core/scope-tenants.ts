import type { Scope } from "./scope.ts"
import type { TenantId } from "./tenant-id.ts"

/** The tenants that a scope is confined to; undefined where it sees every tenant, or none is set. */
export function tenantsOf(scope: Scope | undefined): readonly TenantId[] | undefined {
  if (scope === undefined || scope.kind === "bypass") return undefined
  return scope.kind === "tenant" ? [scope.tenant] : scope.tenants
}
