import type { DataSource, EntityMetadata, ObjectLiteral, QueryRunner } from "typeorm"
import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js"
import type { QueryExpressionMap } from "typeorm/query-builder/QueryExpressionMap.js"

/** A row as the driver returns it: by column alias. */
export type Row = Record<string, unknown>

/** One expression of a select list. */
export interface Select {
  readonly selection: string
  readonly aliasName?: string
}

/** The rows of a query with the entities that were made of them. */
export interface HydratedRows {
  raw: Row[]
  entities: ObjectLiteral[]
}

/** What is used of TypeORM's SelectQueryBuilder, protected methods included. Read in the sources of 0.3.31 and 1.1.1. */
export interface QueryPort {
  readonly expressionMap: QueryExpressionMap
  readonly dataSource?: DataSource
  readonly connection?: DataSource
  escape(name: string): string
  clone: () => QueryPort
  executeEntitiesAndRawResults: (queryRunner: QueryRunner) => Promise<HydratedRows>
  loadRawResults: (queryRunner: QueryRunner) => Promise<Row[]>
  buildEscapedEntityColumnSelects: (aliasName: string, metadata: EntityMetadata) => Select[]
}

/** TypeORM 1 renamed `connection` to `dataSource` nearly everywhere. */
export function dataSourceOf(holder: { readonly dataSource?: unknown; readonly connection?: unknown }): DataSource {
  return (holder.dataSource ?? holder.connection) as DataSource
}

/** A column of an alias, as SQL. */
export function columnOf(query: { escape(name: string): string }, alias: string, column: ColumnMetadata): string {
  const escaped = query.escape(alias)
  if (column.isVirtualProperty && column.query !== undefined) return `(${column.query(escaped)})`
  return `${escaped}.${query.escape(column.databaseName)}`
}
