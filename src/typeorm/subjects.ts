import type { EntityMetadata, ObjectLiteral } from "typeorm"
import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js"
import type { RelationMetadata } from "typeorm/metadata/RelationMetadata.js"
import type { JoinAttribute } from "typeorm/query-builder/JoinAttribute.js"
import type { QueryExpressionMap } from "typeorm/query-builder/QueryExpressionMap.js"
import type { Failsafe } from "./failsafe.ts"
import { isToMany, type EntityGuard, type RelationGuard } from "./guards.ts"
import type { Role } from "./load.ts"
import { entityKey } from "./row-key.ts"

/** A column of an alias that the screening reads. */
export type Need = readonly [alias: string, column: ColumnMetadata]

interface SubjectBase {
  /** The alias whose rows are judged. */
  readonly alias: string
  readonly metadata: EntityMetadata
  /** The columns that identify the owner of a row; empty where there is one owner for all rows. */
  readonly ownerKey: readonly Need[]
  /** The join that brings the rows; undefined for the rows of the query itself. */
  readonly join: JoinAttribute | undefined
}

/** Rows that belong to a to-many relation. */
export interface Children extends SubjectBase {
  readonly kind: "children"
  readonly guard: RelationGuard
  /** Set where the rows are the nodes of a tree. */
  readonly tree: Tree | undefined
}

/** What is special about the rows of a tree. */
export interface Tree {
  /** The keys of the nodes whose trees were asked for: they come along, and are no children. */
  readonly tops: ReadonlySet<string | undefined>
  /** The relation by which a node points at its parent: the own nodes below a foreign one go with its branch. */
  readonly parent: RelationGuard | undefined
}

/** Rows that a to-one relation points at. */
export interface ReferenceTarget extends SubjectBase {
  readonly kind: "reference"
  readonly guard: RelationGuard
  /** What points: an entity of this kind. */
  readonly owner: EntityMetadata
  /** The very entities that point, where they were loaded before. */
  readonly owners: readonly ObjectLiteral[] | undefined
}

/** Rows that the application asked for itself. */
export interface Roots extends SubjectBase {
  readonly kind: "root"
  readonly guard: EntityGuard
}

/** Rows of one alias, and what they are to the application. */
export type Subject = Children | ReferenceTarget | Roots

/** What there is to judge in the rows of a query, owners before what they own. */
export function subjectsOf(failsafe: Failsafe, map: QueryExpressionMap, role: Role | undefined): readonly Subject[] {
  const main = map.mainAlias
  if (main === undefined || !main.hasMetadata) return []
  const first = mainSubject(failsafe, map, main.name, main.metadata, role)
  const hydrated = new Set([main.name])
  const joined = map.joinAttributes.flatMap((join) => {
    const parent = ownerAlias(join)
    if (join.metadata === undefined || parent === undefined || !join.isSelected || !hydrated.has(parent)) return []
    hydrated.add(join.alias.name)
    return joinSubject(failsafe, map, join, parent, join.metadata) ?? []
  })
  return first === undefined ? joined : [first, ...joined]
}

/** The aliases that are joined, step by step, to an alias: what hangs on its rows. */
export function aliasesBelow(map: QueryExpressionMap, alias: string): readonly string[] {
  const joined = map.joinAttributes.filter((join) => ownerAlias(join) === alias).map((join) => join.alias.name)
  return joined.flatMap((name) => [name, ...aliasesBelow(map, name)])
}

/** The alias that a join's rows are put on. */
export function ownerAlias(join: JoinAttribute): string | undefined {
  return join.mapToProperty === undefined ? join.parentAlias : join.mapToPropertyParentAlias
}

function mainSubject(
  failsafe: Failsafe,
  map: QueryExpressionMap,
  alias: string,
  metadata: EntityMetadata,
  role: Role | undefined,
): Subject | undefined {
  const base = { alias, metadata, join: undefined }
  switch (role?.kind) {
    case "relation": {
      const { guard, relation, owners } = role
      if (!isToMany(relation)) {
        const ownerKey = pointingColumns(map, relation, alias)
        return { ...base, kind: "reference", guard, owner: relation.entityMetadata, owners, ownerKey }
      }
      const ownerKey = owners.length > 1 ? ownerColumns(relation, alias) : []
      return { ...base, kind: "children", guard, tree: undefined, ownerKey }
    }
    case "tree": {
      const toParent = metadata.treeParentRelation!
      const ownerKey = toParent.joinColumns.map((column) => [alias, column] as const)
      const parent = failsafe.relationGuard(toParent) ?? undefined
      const tops = new Set(role.owners.map((top) => entityKey(metadata, top)))
      return { ...base, kind: "children", guard: role.guard, tree: { tops, parent }, ownerKey }
    }
    case "snapshot":
    case "unfiltered":
      return undefined
    default: {
      const guard = failsafe.policy.roots === "ignore" ? null : failsafe.entityGuard(metadata)
      return guard === null ? undefined : { ...base, kind: "root", guard, ownerKey: [] }
    }
  }
}

function joinSubject(
  failsafe: Failsafe,
  map: QueryExpressionMap,
  join: JoinAttribute,
  parent: string,
  metadata: EntityMetadata,
): Subject | undefined {
  const owner = map.findAliasByName(parent).metadata
  const guard =
    join.relation === undefined
      ? failsafe.mappedGuard(owner, join.mapToPropertyPropertyName!, metadata)
      : failsafe.relationGuard(join.relation)
  if (guard === null) return undefined
  const ownerKey = owner.primaryColumns.map((column) => [parent, column] as const)
  const base = { alias: join.alias.name, metadata, ownerKey, join, guard }
  return join.isMany
    ? { ...base, kind: "children", tree: undefined }
    : { ...base, kind: "reference", owner, owners: undefined }
}

/** To ask for what a relation points at, TypeORM 0.3 and 1 join the owners; where the key is stored with the target, it points back. */
function pointingColumns(map: QueryExpressionMap, relation: RelationMetadata, alias: string): readonly Need[] {
  if (relation.isOneToOneNotOwner)
    return relation.inverseRelation!.joinColumns.map((column) => [alias, column] as const)
  const { target, primaryColumns } = relation.entityMetadata
  const owner = map.joinAttributes.find((join) => join.entityOrProperty === target)?.alias.name
  return owner === undefined ? [] : primaryColumns.map((column) => [owner, column] as const)
}

/** TypeORM 0.3 and 1 load an m:n relation with its junction table joined under the table's own name. */
function ownerColumns(relation: RelationMetadata, alias: string): readonly Need[] {
  if (relation.isOneToMany) return relation.inverseRelation!.joinColumns.map((column) => [alias, column] as const)
  const junction = relation.junctionEntityMetadata!.tableName
  const columns = relation.isOwning ? relation.joinColumns : relation.inverseRelation!.inverseJoinColumns
  return columns.map((column) => [junction, column] as const)
}
