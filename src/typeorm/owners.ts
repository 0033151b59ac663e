import type { ObjectLiteral } from "typeorm"
import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js"
import type { RelationMetadata } from "typeorm/metadata/RelationMetadata.js"
import type { QueryExpressionMap } from "typeorm/query-builder/QueryExpressionMap.js"
import type { Failsafe } from "./failsafe.ts"
import type { Role } from "./load.ts"
import { keyOfValues } from "./row-key.ts"
import type { Dropped } from "./screening.ts"
import { ownerAlias, type Children } from "./subjects.ts"

/** Relation ids that were dropped: the keys of the children, by the key of their owner. */
export interface DroppedIds {
  readonly relation: RelationMetadata
  /** The alias of the owners, and the columns of theirs that the relation refers to. */
  readonly alias: string
  readonly ownerColumns: readonly ColumnMetadata[]
  readonly byOwner: ReadonlyMap<string, ReadonlySet<string>>
}

/** Notes for each owner which of its stored children it does not show, so that saving it does not take them for removed. */
export function hideDropped(
  failsafe: Failsafe,
  map: QueryExpressionMap,
  role: Role | undefined,
  dropped: readonly Dropped[],
  entities: readonly ObjectLiteral[],
): void {
  for (const { subject, byOwner } of dropped) {
    const relation = savedRelation(subject, map)
    for (const owner of ownersOf(subject, map, role, entities)) {
      const keys = byOwner.get(ownerKeyOf(subject, owner) ?? "")
      if (keys === undefined) continue
      if (relation !== undefined) failsafe.hidden.add(owner, relation, keys)
      removeGhosts(subject, owner)
    }
  }
}

/** The same for relation ids. */
export function hideDroppedIds(
  failsafe: Failsafe,
  map: QueryExpressionMap,
  { relation, alias, ownerColumns, byOwner }: DroppedIds,
  entities: readonly ObjectLiteral[],
): void {
  for (const owner of entitiesAt(map, alias, entities)) {
    const keys = byOwner.get(keyOfValues(ownerColumns.map((column) => column.getEntityValue(owner))) ?? "")
    if (keys !== undefined) failsafe.hidden.add(owner, relation, keys)
  }
}

/** The relation that TypeORM saves from the property that the rows were put on; undefined where it is no relation's. */
function savedRelation({ join, guard }: Children, map: QueryExpressionMap): RelationMetadata | undefined {
  const property = join?.mapToPropertyPropertyName
  if (join === undefined || property === undefined) return guard.relation
  return map.findAliasByName(ownerAlias(join)!).metadata.findRelationWithPropertyPath(property)
}

function ownersOf(
  subject: Children,
  map: QueryExpressionMap,
  role: Role | undefined,
  entities: readonly ObjectLiteral[],
): readonly ObjectLiteral[] {
  if (subject.join !== undefined) return entitiesAt(map, ownerAlias(subject.join)!, entities)
  if (role?.kind === "relation") return role.owners
  return role?.kind === "tree" ? [...role.owners, ...entities] : []
}

/** The entities that were made of the rows of an alias. */
function entitiesAt(
  map: QueryExpressionMap,
  alias: string,
  entities: readonly ObjectLiteral[],
): readonly ObjectLiteral[] {
  if (alias === map.mainAlias?.name) return entities
  const join = map.joinAttributes.find((candidate) => candidate.alias.name === alias)!
  return entitiesAt(map, ownerAlias(join)!, entities).flatMap((owner) => {
    const property = join.mapToPropertyPropertyName
    const value: unknown = property === undefined ? join.relation!.getEntityValue(owner) : owner[property]
    return (value ?? []) as ObjectLiteral | ObjectLiteral[]
  })
}

function ownerKeyOf({ ownerKey, join }: Children, owner: ObjectLiteral): string | undefined {
  return keyOfValues(
    ownerKey.map(([, column]) => (join === undefined ? column.referencedColumn! : column).getEntityValue(owner)),
  )
}

/**
 * TypeORM 0.3 and 1 make an entity of an empty joined row where the whole key consists of relations, or where there is no key as in
 * a view, and something is joined to it. What was dropped must not come back as such a shell.
 */
function removeGhosts({ join, guard, metadata }: Children, owner: ObjectLiteral): void {
  if (join === undefined || !metadata.primaryColumns.every((column) => column.isVirtual)) return
  const children: unknown = join.mapToPropertyPropertyName
    ? owner[join.mapToPropertyPropertyName]
    : guard.relation?.getEntityValue(owner)
  if (!Array.isArray(children)) return
  const real = children.filter((child: ObjectLiteral) =>
    metadata.columns.some(
      (column) => column.getEntityValue(child) !== undefined && column.getEntityValue(child) !== null,
    ),
  )
  children.splice(0, children.length, ...real)
}
