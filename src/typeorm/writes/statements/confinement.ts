import type { DataSource, EntityMetadata, ObjectLiteral, SelectQueryBuilder } from "typeorm"
import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js"
import { ownRows, tenantValues } from "../../own-rows.ts"
import { columnOf } from "../../query-port.ts"
import type { FamilyTenant } from "../../tenant-of.ts"
import type { LinkGuard } from "../link-guards.ts"
import type { Reach } from "./statement.ts"
import type { StatementPort } from "./statement-port.ts"

/** A condition of a statement, with its named parameters. */
export interface Condition {
  readonly sql: string
  readonly parameters: ObjectLiteral
}

/** The condition that only rows within reach fulfil: by the tenant column itself, or by a look through the path to it. */
export function confinementTo(
  dataSource: DataSource,
  builder: StatementPort,
  metadata: EntityMetadata,
  tenant: FamilyTenant,
  reach: Reach,
): Condition {
  const [kind] = tenant.kinds
  if (tenant.kinds.length === 1 && kind?.tenant && kind.tenant.hops.length === 0) {
    const column = builder.escape(kind.tenant.column.databaseName)
    const own = `${column} IN (:...__own_tenants)`
    return {
      // Never null, so that it can be negated.
      sql: reach.withShared ? `${own} OR ${column} IS NULL` : `${own} AND ${column} IS NOT NULL`,
      parameters: { __own_tenants: tenantValues(dataSource, kind.tenant, reach.tenants) },
    }
  }
  return isAmong(dataSource, builder, metadata, metadata.primaryColumns, tenant, reach, (column) => column)
}

/** The condition that only links fulfil whose ends are within reach. */
export function confinementOfLinks(
  dataSource: DataSource,
  builder: StatementPort,
  ends: readonly LinkGuard[],
  reach: Reach,
): Condition {
  const conditions = ends.map(({ columns, place }, index) => {
    const { sql, parameters } = isAmong(
      dataSource,
      builder,
      place.metadata,
      columns,
      place.tenant,
      reach,
      (column) => column.referencedColumn!,
    )
    // Both ends may be of one kind, with conditions of the same names: their values are the same, too.
    return { sql: `(${sql.replaceAll("__own_row", `__own_row_${index}`)})`, parameters }
  })
  return {
    sql: conditions.map(({ sql }) => sql).join(" AND "),
    parameters: Object.assign({}, ...conditions.map(({ parameters }) => parameters)) as ObjectLiteral,
  }
}

/** Whether columns of the statement's table name a row of an entity within reach. */
function isAmong(
  dataSource: DataSource,
  builder: StatementPort,
  metadata: EntityMetadata,
  columns: readonly ColumnMetadata[],
  tenant: FamilyTenant,
  { tenants, withShared }: Reach,
  namedBy: (column: ColumnMetadata) => ColumnMetadata,
): Condition {
  const query: SelectQueryBuilder<ObjectLiteral> = dataSource
    .createQueryBuilder()
    .select([])
    .from(metadata.target, "__own_row")
    .withDeleted()
  const [isOwn, parameters] = ownRows(dataSource, query, "__own_row", tenant, tenants, withShared)
  query.where(isOwn, parameters)
  const [first] = columns
  if (columns.length === 1 && first !== undefined) {
    query.select(columnOf(query, "__own_row", namedBy(first)))
    return {
      sql: `${builder.escape(first.databaseName)} IN (${query.getQuery()})`,
      parameters: query.getParameters(),
    }
  }
  const table = builder.getTableName(builder.getMainTableName())
  for (const column of columns) {
    const outer = `${table}.${builder.escape(column.databaseName)}`
    query.andWhere(`${columnOf(query, "__own_row", namedBy(column))} = ${outer}`)
  }
  return { sql: `EXISTS (${query.select("1").getQuery()})`, parameters: query.getParameters() }
}
