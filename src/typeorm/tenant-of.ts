import type { EntityMetadata, ObjectLiteral, SelectQueryBuilder } from "typeorm"
import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js"
import type { RelationMetadata } from "typeorm/metadata/RelationMetadata.js"
import { columnOf } from "./query-port.ts"

/** Where one entity's tenant is stored. */
export interface TenantOf {
  /** The property path, for records and messages. */
  readonly path: string
  /** The to-one relations that the path leads through; empty for a column of the entity itself. */
  readonly hops: readonly RelationMetadata[]
  /** The column at the end of the path: for a relation, the one that holds its key. */
  readonly column: ColumnMetadata
}

/** Follows a path that `resolveOwnership` found usable. */
export function tenantOf(metadata: EntityMetadata, path: string): TenantOf {
  const names = path.split(".")
  const hops: RelationMetadata[] = []
  let current = metadata
  let prefix = ""
  for (const [index, name] of names.entries()) {
    const property = prefix === "" ? name : `${prefix}.${name}`
    const relation = current.findRelationWithPropertyPath(property)
    if (relation === undefined) {
      prefix = property
    } else if (index === names.length - 1) {
      return { path, hops, column: relation.joinColumns[0]! }
    } else {
      hops.push(relation)
      current = relation.inverseEntityMetadata
      prefix = ""
    }
  }
  return { path, hops, column: current.columns.find((column) => column.propertyPath === prefix && !column.isVirtual)! }
}

/** Joins to a query what the path leads through, and returns the column at its end as SQL. */
export function joinTenant(
  query: SelectQueryBuilder<ObjectLiteral>,
  alias: string,
  { hops, column }: TenantOf,
  prefix = "__tenant",
): string {
  let from = alias
  for (const [index, hop] of hops.entries()) {
    const to = `${prefix}_${index}`
    const on = hop.joinColumns.map(
      (key) => `${columnOf(query, from, key)} = ${columnOf(query, to, key.referencedColumn!)}`,
    )
    query.leftJoin(hop.inverseEntityMetadata.target, to, on.join(" AND "))
    // TypeORM 0.3.31 and 1.1.1 leave soft-deleted rows out, which still tell the tenant.
    query.expressionMap.joinAttributes.at(-1)!.condition = on.join(" AND ")
    from = to
  }
  return columnOf(query, from, column)
}

/**
 * SQL, behind `joinTenant`, that is true where the path breaks off: a reference leads to no row, or to one that row security hides. That there
 * is no tenant then does not mean that the row is shared. Undefined for a column of the entity itself.
 */
export function brokenPath(
  query: SelectQueryBuilder<ObjectLiteral>,
  alias: string,
  { hops }: TenantOf,
  prefix = "__tenant",
): string | undefined {
  if (hops.length === 0) return undefined
  const breaks = hops.map(({ joinColumns }, index) => {
    const from = index === 0 ? alias : `${prefix}_${index - 1}`
    const [key] = joinColumns
    const found = columnOf(query, `${prefix}_${index}`, key!.referencedColumn!)
    return `(${columnOf(query, from, key!)} IS NOT NULL AND ${found} IS NULL)`
  })
  return breaks.join(" OR ")
}

/** The tenants of the rows that a query for an entity may return: of several kinds where single table inheritance is used. */
export interface FamilyTenant {
  /** For records and messages. */
  readonly path: string
  /** The rows' own column that serves them all; undefined where their tenants must be looked up. */
  readonly column: ColumnMetadata | undefined
  /** The queries that find every row's tenant. One for all kinds, where they agree on the path. */
  readonly kinds: readonly { readonly metadata: EntityMetadata; readonly tenant: TenantOf | null }[]
}

/** Returns null where no row of the family is tenant-owned. */
export function familyTenant(
  metadata: EntityMetadata,
  tenantOfEntity: (metadata: EntityMetadata) => TenantOf | null,
): FamilyTenant | null {
  const kinds = [metadata, ...metadata.childEntityMetadatas].map((kind) => ({
    metadata: kind,
    tenant: tenantOfEntity(kind),
  }))
  const owned = kinds.flatMap(({ tenant }) => tenant ?? [])
  const [first] = owned
  if (first === undefined) return null
  const agrees = owned.length === kinds.length && owned.every(({ path }) => path === first.path)
  if (!agrees) return { path: first.path, column: undefined, kinds }
  return { path: first.path, column: first.hops.length === 0 ? first.column : undefined, kinds: kinds.slice(0, 1) }
}
