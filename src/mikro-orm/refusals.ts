import { TenantFailsafeError } from "../core/errors.ts"
import type { EntityGuard, RelationGuard } from "./guards.ts"

// Every refusal of the MikroORM entry, each with the text that names what happened, where, and the fix.

export function leakDetected(relation: RelationGuard): TenantFailsafeError {
  return new TenantFailsafeError(
    "LEAK_DETECTED",
    `${relation.label} loaded rows of another tenant. Filter the relation by ${columnOf(relation)} where it is loaded; the ` +
      "leak record names the place. The foreign rows were dropped.",
    detailsOf(relation),
  )
}

export function tenantMissing(relation: RelationGuard): TenantFailsafeError {
  return new TenantFailsafeError(
    "TENANT_MISSING",
    `${relation.label} was loaded outside any tenant scope. Wrap the caller in withTenant(id, fn), or in ` +
      "withoutTenant(reason, fn) if it must see every tenant.",
    detailsOf(relation),
  )
}

export function tenantUnknown(relation: RelationGuard): TenantFailsafeError {
  return new TenantFailsafeError(
    "TENANT_UNKNOWN",
    `${relation.label} loaded rows whose tenant could not be determined, not even by a look-up of ${columnOf(relation)}. ` +
      "The rows may have been deleted meanwhile; they were dropped.",
    detailsOf(relation),
  )
}

export function referenceForeign(relation: RelationGuard): TenantFailsafeError {
  return new TenantFailsafeError(
    "REFERENCE_FOREIGN",
    `${relation.label} points at a row of another tenant. The reference was left as it is; correct the stored key, or read ` +
      "it in withoutTenant(reason, fn) if it is meant.",
    detailsOf(relation),
  )
}

export function rootForeign(entity: EntityGuard): TenantFailsafeError {
  return new TenantFailsafeError(
    "ROOT_FOREIGN",
    `A query for ${entity.name} returned rows of another tenant. Add { ${entity.tenant?.path}: requireTenant() } to its ` +
      "condition, or run it in withoutTenant(reason, fn) if it must see every tenant.",
    { entity: entity.name, column: entity.tenant?.path },
  )
}

export function rootUnknown(entity: EntityGuard): TenantFailsafeError {
  return new TenantFailsafeError(
    "TENANT_UNKNOWN",
    `A query for ${entity.name} returned rows whose tenant could not be determined, not even by a look-up of ` +
      `${entity.tenant?.path}. The rows may have been deleted meanwhile.`,
    { entity: entity.name, column: entity.tenant?.path },
  )
}

export function unloadedWrite(relation: RelationGuard, operation: string): TenantFailsafeError {
  return new TenantFailsafeError(
    "UNLOADED_WRITE",
    `${relation.label} is not loaded, and ${operation} would reach the rows of every tenant that hang on this ` +
      `${relation.owner}. Load the collection first (await ${variableOf(relation.owner)}.${relation.name}.init()), or do it in ` +
      "withoutTenant(reason, fn) if that is meant.",
    { ...detailsOf(relation), operation },
  )
}

export function otherScope(relation: RelationGuard): TenantFailsafeError {
  return new TenantFailsafeError(
    "TENANT_SWITCH",
    `${relation.label} was loaded in another tenant's scope and cannot be read in this one. Load it again here ` +
      `(await ${variableOf(relation.owner)}.${relation.name}.init()), or use one EntityManager per request (em.fork()).`,
    detailsOf(relation),
  )
}

export function otherScopePending(relation: RelationGuard): TenantFailsafeError {
  return new TenantFailsafeError(
    "TENANT_SWITCH",
    `${relation.label} holds changes that were made in another tenant's scope and are not saved yet. Flush or clear the ` +
      "EntityManager in that scope before the collection is loaded here.",
    detailsOf(relation),
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

function columnOf(relation: RelationGuard): string {
  return relation.finding("dropped").column
}

function detailsOf(relation: RelationGuard): Readonly<Record<string, unknown>> {
  const { owner, relation: name, child, column } = relation.finding("dropped")
  return { owner, relation: name, child, column }
}

function variableOf(entity: string): string {
  return entity.charAt(0).toLowerCase() + entity.slice(1)
}
