import { TenantFailsafeError } from "../core/errors.ts"
import { detailsOf } from "../core/refusals.ts"
import type { RelationGuard } from "./guards.ts"

// The refusals that only MikroORM's collections can lead to, each with the text that names what happened, where, and the fix.

export function unloadedWrite(relation: RelationGuard, operation: string): TenantFailsafeError {
  return new TenantFailsafeError(
    "UNLOADED_WRITE",
    `${relation.label} is not loaded, and ${operation} would reach the rows of every tenant that hang on this ` +
      `${relation.owner}. Load the collection first (await ${variableOf(relation.owner)}.${relation.name}.init()), or do it in ` +
      "withoutTenant(reason, fn) if that is meant.",
    { ...detailsOf(relation.findings.of("unloaded-write")), operation },
  )
}

export function otherScope(relation: RelationGuard): TenantFailsafeError {
  return new TenantFailsafeError(
    "TENANT_SWITCH",
    `${relation.label} was loaded in another tenant's scope and cannot be read in this one. Load it again here ` +
      `(await ${variableOf(relation.owner)}.${relation.name}.init()), or use one EntityManager per request (em.fork()).`,
    detailsOf(relation.findings.of("dropped")),
  )
}

export function otherScopePending(relation: RelationGuard): TenantFailsafeError {
  return new TenantFailsafeError(
    "TENANT_SWITCH",
    `${relation.label} holds changes that were made in another tenant's scope and are not saved yet. Flush or clear the ` +
      "EntityManager in that scope before the collection is loaded here.",
    detailsOf(relation.findings.of("dropped")),
  )
}

export function notInstalled(owner: string): TenantFailsafeError {
  return new TenantFailsafeError(
    "NOT_INSTALLED",
    `${owner} has a FilteredCollection, but its MikroORM was set up without the failsafe, so nothing would be filtered. ` +
      "Pass the configuration through withFailsafe: MikroORM.init(withFailsafe(config, { tenantProperty: 'merchantId' })).",
    { owner },
  )
}

function variableOf(entity: string): string {
  return entity.charAt(0).toLowerCase() + entity.slice(1)
}
