import type { DataSource, EntityMetadata, ObjectLiteral, QueryRunner, SelectQueryBuilder } from "typeorm"
import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js"
import { chunked } from "../core/chunked.ts"
import { runUnscoped } from "../core/scope.ts"
import type { Failsafe } from "./failsafe.ts"
import { columnOf } from "./query-port.ts"
import { hydrated, rowKey } from "./row-key.ts"
import { brokenPath, joinTenant, type FamilyTenant, type TenantOf } from "./tenant-of.ts"

// TypeORM asks for composite keys by a chain of ORs, which SQLite parses up to a depth of 1,000.
const compositeKeys = 300

/**
 * Asks the database for the tenants of these rows, on the given connection and so within its transaction; by the rows' keys, or by
 * other columns that tell a row. What is not found is left out. Soft-deleted rows are found. `undefined` where the path to the tenant
 * breaks off, as it does where row security hides a row on it.
 */
export async function lookUpTenants(
  failsafe: Failsafe,
  metadata: EntityMetadata,
  tenant: FamilyTenant,
  ids: readonly ObjectLiteral[],
  queryRunner: QueryRunner | undefined,
  columns: readonly ColumnMetadata[] = metadata.primaryColumns,
): Promise<ReadonlyMap<string, unknown>> {
  const tenants = new Map<string, unknown>()
  // A view has no key to be asked for.
  if (columns.length === 0) return tenants
  const size = columns.length > 1 ? compositeKeys : undefined
  for (const kind of tenant.kinds) {
    for (const some of chunked(ids, size)) {
      await lookUp(failsafe, kind.metadata, kind.tenant, columns, some, queryRunner, tenants)
    }
  }
  return tenants
}

async function lookUp(
  failsafe: Failsafe,
  metadata: EntityMetadata,
  tenant: TenantOf | null,
  columns: readonly ColumnMetadata[],
  ids: readonly ObjectLiteral[],
  queryRunner: QueryRunner | undefined,
  tenants: Map<string, unknown>,
): Promise<void> {
  const { dataSource } = failsafe
  // Never from the result cache, which the DataSource may use for everything: a row's tenant may have changed.
  const query = dataSource
    .createQueryBuilder(queryRunner)
    .select([])
    .from(metadata.target, "row")
    .withDeleted()
    .cache(false)
  const keys = columns.map((column, index) => [`key${index}`, column] as const)
  for (const [alias, column] of keys) query.addSelect(columnOf(query, "row", column), alias)
  if (tenant !== null) {
    query.addSelect(joinTenant(query, "row", tenant), "tenant")
    const broken = brokenPath(query, "row", tenant)
    if (broken !== undefined) query.addSelect(`CASE WHEN ${broken} THEN 1 ELSE 0 END`, "broken")
  }
  if (columns === metadata.primaryColumns) query.whereInIds([...ids])
  else query.where(...byColumns(dataSource, query, columns, ids))
  for (const row of await runUnscoped(() => query.getRawMany<Record<string, unknown>>())) {
    const key = rowKey(dataSource, row, keys)
    if (key === undefined) continue
    // Rows of an entity that is not tenant-owned are everybody's.
    if (tenant === null) tenants.set(key, null)
    else tenants.set(key, Number(row["broken"]) === 1 ? undefined : hydrated(dataSource, row["tenant"], tenant.column))
  }
}

function byColumns(
  { driver }: DataSource,
  query: SelectQueryBuilder<ObjectLiteral>,
  columns: readonly ColumnMetadata[],
  ids: readonly ObjectLiteral[],
): [condition: string, parameters: ObjectLiteral] {
  const valueOf = (id: ObjectLiteral, column: ColumnMetadata): unknown =>
    driver.preparePersistentValue(column.getEntityValue(id), column)
  const [first] = columns
  if (columns.length === 1 && first !== undefined) {
    return [`${columnOf(query, "row", first)} IN (:...keys)`, { keys: ids.map((id) => valueOf(id, first)) }]
  }
  const parameters: ObjectLiteral = {}
  const alternatives = ids.map((id, row) => {
    const parts = columns.map((column, index) => {
      parameters[`key_${row}_${index}`] = valueOf(id, column)
      return `${columnOf(query, "row", column)} = :key_${row}_${index}`
    })
    return `(${parts.join(" AND ")})`
  })
  return [alternatives.join(" OR "), parameters]
}
