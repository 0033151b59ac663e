import type { Scope } from "./scope-context.ts"
import type { TenantId } from "./tenant-id.ts"

/** The JavaScript type of the column that a tenant's id is written to; undefined where it is not known. */
export type TenantType = "number" | "string" | "bigint" | undefined

/** The tenant that new rows of a scope get, as their column takes it; undefined where a row must name it itself. */
export function stampOf(scope: Scope, type: TenantType): TenantId | undefined {
  return scope.kind === "tenant" ? tenantAs(scope.tenant, type) : undefined
}

function tenantAs(tenant: TenantId, type: TenantType): TenantId {
  switch (type) {
    case "string":
      return String(tenant)
    case "number":
      return isSafeInteger(tenant) ? Number(tenant) : tenant
    case "bigint":
      return isInteger(tenant) ? BigInt(tenant) : tenant
    case undefined:
      return tenant
  }
}

function isInteger(tenant: TenantId): boolean {
  return typeof tenant !== "string" || /^(?:0|-?[1-9]\d*)$/.test(tenant)
}

function isSafeInteger(tenant: TenantId): boolean {
  return isInteger(tenant) && Number.isSafeInteger(Number(tenant))
}
