import { TenantFailsafeError } from "./errors.ts"
import type { Finding } from "./leak-report.ts"
import type { ScopeLoss } from "./scope-loss.ts"

// The refusals that a finding can lead to, in either ORM: each names what happened, where, and the fix.

export function leakDetected(finding: Finding): TenantFailsafeError {
  return new TenantFailsafeError(
    "LEAK_DETECTED",
    `${labelOf(finding)} loaded rows of another tenant. Filter the relation by ${finding.column} where it is loaded; the ` +
      "leak record names the place. The foreign rows were dropped.",
    detailsOf(finding),
  )
}

export function tenantMissing(finding: Finding, loss: ScopeLoss, happening = "loaded"): TenantFailsafeError {
  return new TenantFailsafeError(
    "TENANT_MISSING",
    `${labelOf(finding)} was ${happening} outside any tenant scope${loss.where}.${loss.history} Wrap the caller in ` +
      "withTenant(id, fn), or in withoutTenant(reason, fn) if it must see every tenant.",
    { ...detailsOf(finding), ...loss.details },
  )
}

export function tenantUnknown(finding: Finding): TenantFailsafeError {
  return new TenantFailsafeError(
    "TENANT_UNKNOWN",
    `${labelOf(finding)} loaded rows whose tenant could not be determined, not even by a look-up of ${finding.column}. ` +
      "The rows may have been deleted meanwhile; they were dropped.",
    detailsOf(finding),
  )
}

export function referenceForeign(finding: Finding): TenantFailsafeError {
  return new TenantFailsafeError(
    "REFERENCE_FOREIGN",
    `${labelOf(finding)} points at a row of another tenant. The reference was left as it is; correct the stored key, or read ` +
      "it in withoutTenant(reason, fn) if it is meant.",
    detailsOf(finding),
  )
}

export function rootForeign({ child, column }: Finding): TenantFailsafeError {
  return new TenantFailsafeError(
    "ROOT_FOREIGN",
    `A query for ${child} returned rows of another tenant. Add { ${column}: requireTenant() } to its ` +
      "condition, or run it in withoutTenant(reason, fn) if it must see every tenant.",
    { entity: child, column },
  )
}

export function rootUnknown({ child, column }: Finding): TenantFailsafeError {
  return new TenantFailsafeError(
    "TENANT_UNKNOWN",
    `A query for ${child} returned rows whose tenant could not be determined, not even by a look-up of ` +
      `${column}. The rows may have been deleted meanwhile.`,
    { entity: child, column },
  )
}

/** For an ORM whose hooks are not where they used to be. */
export function unsupportedOrm(
  orm: Finding["orm"],
  finding: string,
  known: string,
  details: Readonly<Record<string, unknown>>,
): TenantFailsafeError {
  return new TenantFailsafeError(
    "UNSUPPORTED_ORM",
    `${finding}. Versions known to fit: ${known}. Nothing was guarded.`,
    {
      orm,
      ...details,
    },
  )
}

/** `Customer.addresses`, as messages name it; the entity alone where no relation is concerned. */
export function labelOf({ owner, relation }: Pick<Finding, "owner" | "relation">): string {
  return relation === null ? owner : `${owner}.${relation}`
}

/** What an error tells about the place, for programs. */
export function detailsOf({ owner, relation, child, column }: Finding): Readonly<Record<string, unknown>> {
  return { owner, relation, child, column }
}
