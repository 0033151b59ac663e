import type { ObjectLiteral } from "typeorm"
import type { QueryExpressionMap } from "typeorm/query-builder/QueryExpressionMap.js"
import type { Failsafe } from "./failsafe.ts"
import type { Role } from "./load.ts"
import { keyOfValues } from "./row-key.ts"
import type { Dropped } from "./screening.ts"
import { ownerAlias, type Children } from "./subjects.ts"

/** Notes for each owner which of its stored children it does not show, so that saving it does not take them for removed. */
export function hideDropped(
  failsafe: Failsafe,
  map: QueryExpressionMap,
  role: Role | undefined,
  dropped: readonly Dropped[],
  entities: readonly ObjectLiteral[],
): void {
  for (const { subject, byOwner } of dropped) {
    const { relation } = subject.guard
    for (const owner of ownersOf(subject, map, role, entities)) {
      const keys = byOwner.get(ownerKeyOf(subject, owner) ?? "")
      if (keys === undefined) continue
      // What a query maps to a property of its own is never saved.
      if (relation !== undefined && subject.join?.mapToProperty === undefined)
        failsafe.hidden.add(owner, relation, keys)
      removeGhosts(subject, owner)
    }
  }
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
 * TypeORM 1.1 makes an entity of an empty joined row where the whole key consists of relations and one of them is joined as well.
 * What was dropped must not come back as such a shell.
 */
function removeGhosts({ join, guard, metadata }: Children, owner: ObjectLiteral): void {
  if (join === undefined || !metadata.primaryColumns.every((column) => column.isVirtual)) return
  const children: unknown = join.mapToPropertyPropertyName
    ? owner[join.mapToPropertyPropertyName]
    : guard.relation?.getEntityValue(owner)
  if (!Array.isArray(children)) return
  const real = children.filter((child: ObjectLiteral) => metadata.getEntityIdMap(child) !== undefined)
  children.splice(0, children.length, ...real)
}
