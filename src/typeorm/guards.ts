import { tenantPath } from "./tenant-path.ts"
import type { EntityMetadata } from "typeorm"
import type { RelationMetadata } from "typeorm/metadata/RelationMetadata.js"
import { Findings } from "../core/findings.ts"
import type { FamilyTenant } from "./tenant-of.ts"

/** What is known of one relation, or of a property that a query maps joined rows to. */
export interface RelationGuard {
  /** Undefined for a mapped property: TypeORM never saves it. */
  readonly relation: RelationMetadata | undefined
  readonly target: EntityMetadata
  readonly tenant: FamilyTenant
  readonly findings: Findings
}

/** What is known of the rows of one entity at top level. */
export interface EntityGuard {
  readonly tenant: FamilyTenant
  readonly findings: Findings
  /** Whether a shared row may become one tenant's own. */
  readonly isClaimable: boolean
}

export function relationGuard(relation: RelationMetadata, tenant: FamilyTenant): RelationGuard {
  const target = relation.inverseEntityMetadata
  return {
    relation,
    target,
    tenant,
    findings: findingsAt(relation.entityMetadata, relation.propertyName, target, tenant),
  }
}

export function mappedGuard(
  owner: EntityMetadata,
  property: string,
  target: EntityMetadata,
  tenant: FamilyTenant,
): RelationGuard {
  return { relation: undefined, target, tenant, findings: findingsAt(owner, property, target, tenant) }
}

export function entityGuard(metadata: EntityMetadata, tenant: FamilyTenant, isClaimable: boolean): EntityGuard {
  return { tenant, findings: findingsAt(metadata, null, metadata, tenant), isClaimable }
}

export function isToMany({ isOneToMany, isManyToMany }: RelationMetadata): boolean {
  return isOneToMany || isManyToMany
}

function findingsAt(owner: EntityMetadata, relation: string | null, child: EntityMetadata, tenant: FamilyTenant) {
  const place = { orm: "typeorm", owner: owner.name, relation, child: child.name, column: tenant.path } as const
  return new Findings(place, tenantPath(child, tenant))
}
