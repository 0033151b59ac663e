import type { EntityMetadata, ObjectLiteral } from "typeorm"
import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js"
import type { RelationMetadata } from "typeorm/metadata/RelationMetadata.js"
import { Findings } from "../../core/findings.ts"
import type { Failsafe } from "../failsafe.ts"
import type { TenantOf } from "../tenant-of.ts"
import type { Place } from "./stored-tenants.ts"

/** Columns that refer to rows of a tenant-owned entity, as the write guard sees them. */
export interface LinkGuard {
  readonly columns: readonly ColumnMetadata[]
  /** The rows that they refer to. */
  readonly place: Place
  readonly findings: Findings
}

/** A to-one relation whose key is stored with its owner. */
export interface ToOneGuard extends LinkGuard {
  readonly relation: RelationMetadata
}

/** The guarded to-one relations that writing a row of an entity may set; those that are left alone on purpose are not among them. */
export function toOneGuards(failsafe: Failsafe, metadata: EntityMetadata): ToOneGuard[] {
  return metadata.relationsWithJoinColumns.flatMap((relation) => {
    const guard = failsafe.relationGuard(relation)
    if (guard === null || failsafe.isLeftAlone(relation)) return []
    const { findings, target, tenant } = guard
    const place = placeOf(target, relation.joinColumns, tenant)
    return { relation, columns: relation.joinColumns, place, findings }
  })
}

/** The tenant-owned ends of the links in a junction table. */
export function junctionGuards(failsafe: Failsafe, junction: EntityMetadata): LinkGuard[] {
  const relation = ownerOf(failsafe, junction)
  if (relation === undefined || failsafe.isLeftAlone(relation)) return []
  const owner = relation.entityMetadata
  const inverse = relation.inverseRelation && failsafe.relationGuard(relation.inverseRelation)
  const guards: LinkGuard[] = []
  const guard = failsafe.relationGuard(relation)
  if (guard !== null) {
    const columns = junction.inverseColumns
    guards.push({ columns, place: placeOf(guard.target, columns, guard.tenant), findings: guard.findings })
  }
  const tenant = failsafe.tenantOf(owner)
  if (tenant !== null) {
    const columns = junction.ownerColumns
    const { propertyName } = relation
    const place = {
      orm: "typeorm",
      owner: owner.name,
      relation: propertyName,
      child: owner.name,
      column: tenant.path,
    } as const
    guards.push({ columns, place: placeOf(owner, columns, tenant), findings: inverse?.findings ?? new Findings(place) })
  }
  return guards
}

/** The many-to-many relation whose links a junction table holds, from its owner's side. */
function ownerOf({ dataSource }: Failsafe, junction: EntityMetadata): RelationMetadata | undefined {
  return dataSource.entityMetadatas
    .flatMap(({ manyToManyRelations }) => manyToManyRelations)
    .find((relation) => relation.isManyToManyOwner && relation.junctionEntityMetadata === junction)
}

/** The rows that tell the tenants of those whose path leads through them. */
export function placeAlong({ path, hops: [first, ...hops], column }: TenantOf): Place {
  const { joinColumns, inverseEntityMetadata: metadata, propertyPath } = first!
  const rest = { path: path.slice(propertyPath.length + 1), hops, column }
  const own = hops.length === 0 ? column : undefined
  return placeOf(metadata, joinColumns, { path: rest.path, column: own, kinds: [{ metadata, tenant: rest }] })
}

/** Where rows are that foreign keys refer to: by their primary key, where that is what is referred to. */
function placeOf(metadata: EntityMetadata, columns: readonly ColumnMetadata[], tenant: Place["tenant"]): Place {
  const referenced = columns.map(({ referencedColumn }) => referencedColumn!)
  const { primaryColumns } = metadata
  const isKey =
    referenced.length === primaryColumns.length && primaryColumns.every((column) => isAmong(referenced, column))
  return { metadata, tenant, columns: isKey ? primaryColumns : referenced }
}

/** What a foreign key refers to, as TypeORM takes it; undefined where a part of it is missing. */
export function targetOf(
  columns: readonly ColumnMetadata[],
  valueOf: (column: ColumnMetadata) => unknown,
): ObjectLiteral | undefined {
  const target: ObjectLiteral = {}
  for (const column of columns) {
    const value = valueOf(column)
    if (value === undefined || value === null) return undefined
    column.referencedColumn!.setEntityValue(target, value)
  }
  return target
}

function isAmong(columns: readonly ColumnMetadata[], { databaseName }: ColumnMetadata): boolean {
  return columns.some((column) => column.databaseName === databaseName)
}
