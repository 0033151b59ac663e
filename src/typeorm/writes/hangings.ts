import type { EntityMetadata } from "typeorm"
import type { RelationMetadata } from "typeorm/metadata/RelationMetadata.js"
import { Findings } from "../../core/findings.ts"
import type { Failsafe } from "../failsafe.ts"
import type { FamilyTenant } from "../tenant-of.ts"

/** A relation by which rows hang on rows of an entity: by a key of their own, or by links to them. */
export interface Hanging {
  /** From the side that stores the key. */
  readonly relation: RelationMetadata
  /** For links: whether the rows that they hang on are those of the relation's owner. */
  readonly isOwnerSide: boolean
  /** The entity whose tenants count: the hanging rows', or the other ends of the links. */
  readonly metadata: EntityMetadata
  /** Null where rows of it matter only for what hangs on them in turn. */
  readonly tenant: FamilyTenant | null
  readonly findings: Findings
  /** Whether the rows that hang on these may be deleted along with them. */
  readonly isFollowed: boolean
  /** Whether the database deletes or detaches what hangs, instead of refusing. */
  readonly isCascading: boolean
}

/** The relations by which tenant-owned rows may hang on rows of an entity, at once or through others. */
export function hangingsOn(failsafe: Failsafe, metadata: EntityMetadata): readonly Hanging[] {
  const direct = keysTo(failsafe, metadata).flatMap((relation): Hanging[] => {
    const { entityMetadata: owner } = relation
    const tenant = failsafe.tenantOf(owner)
    const isFollowed = !isDetached(relation) && leadsOn(failsafe, owner)
    if (tenant === null && !isFollowed) return []
    const findings = findingsOf(relation, owner, tenant)
    return [
      {
        relation,
        isOwnerSide: false,
        metadata: owner,
        tenant,
        findings,
        isFollowed,
        isCascading: isCascading(relation),
      },
    ]
  })
  return [...direct, ...linksTo(failsafe, metadata)]
}

/** Whether tenant-owned rows may hang on rows of an entity, at once or through rows that are deleted along. */
function leadsOn(failsafe: Failsafe, metadata: EntityMetadata, seen: Set<EntityMetadata> = new Set()): boolean {
  if (seen.has(metadata)) return false
  seen.add(metadata)
  return (
    linksTo(failsafe, metadata).length > 0 ||
    keysTo(failsafe, metadata).some(
      (relation) =>
        failsafe.tenantOf(relation.entityMetadata) !== null ||
        (!isDetached(relation) && leadsOn(failsafe, relation.entityMetadata, seen)),
    )
  )
}

/** The to-one relations that lead to an entity. */
function keysTo(failsafe: Failsafe, metadata: EntityMetadata): RelationMetadata[] {
  return ownRelations(failsafe).filter(
    (relation) =>
      relation.isWithJoinColumn &&
      isFamily(relation.inverseEntityMetadata, metadata) &&
      !failsafe.isLeftAlone(relation),
  )
}

/** The links to rows of an entity whose other end is tenant-owned. */
function linksTo(failsafe: Failsafe, metadata: EntityMetadata): Hanging[] {
  return ownRelations(failsafe)
    .filter((relation) => relation.isManyToManyOwner && !failsafe.isLeftAlone(relation))
    .flatMap((relation) => {
      const ends = [
        [relation.entityMetadata, relation.inverseEntityMetadata, true],
        [relation.inverseEntityMetadata, relation.entityMetadata, false],
      ] as const
      return ends.flatMap(([end, other, isOwnerSide]): Hanging[] => {
        const tenant = failsafe.tenantOf(other)
        if (tenant === null || !isFamily(end, metadata)) return []
        const findings = findingsOf(relation, other, tenant)
        return [
          {
            relation,
            isOwnerSide,
            metadata: other,
            tenant,
            findings,
            isFollowed: false,
            isCascading: isCascading(relation),
          },
        ]
      })
    })
}

/** Relations of a base stand in its derived entities again; rows are asked for by the base. */
function ownRelations({ dataSource }: Failsafe): RelationMetadata[] {
  return dataSource.entityMetadatas.flatMap(({ relations, parentEntityMetadata }) =>
    relations.filter(
      ({ propertyPath }) =>
        !parentEntityMetadata?.relations.some((inherited) => inherited.propertyPath === propertyPath),
    ),
  )
}

function isFamily(one: EntityMetadata, other: EntityMetadata): boolean {
  return rootOf(one) === rootOf(other)
}

function rootOf(metadata: EntityMetadata): EntityMetadata {
  return metadata.parentEntityMetadata ? rootOf(metadata.parentEntityMetadata) : metadata
}

/** The database sets the key to null instead of deleting the row. */
function isDetached({ onDelete }: RelationMetadata): boolean {
  return onDelete?.toUpperCase() === "SET NULL"
}

// TypeORM 0.3 and 1 let links go with what they lead to; without a rule for a key, the database refuses.
function isCascading({ onDelete, isManyToMany }: RelationMetadata): boolean {
  return onDelete === undefined ? isManyToMany : !/^(?:restrict|no action)$/i.test(onDelete)
}

function findingsOf(relation: RelationMetadata, child: EntityMetadata, tenant: FamilyTenant | null): Findings {
  const { entityMetadata, propertyName } = relation
  return new Findings({
    orm: "typeorm",
    owner: entityMetadata.name,
    relation: propertyName,
    child: child.name,
    column: tenant?.path ?? "",
  })
}
