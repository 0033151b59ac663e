import type { DataSource, EntityMetadata, ObjectLiteral } from "typeorm"
import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js"
import type { Row } from "./query-port.ts"

/** The identity of an entity, or of what TypeORM passes around as its ids; undefined where a part of the key is missing. */
export function entityKey(metadata: EntityMetadata, entity: object): string | undefined {
  return keyOfValues(metadata.primaryColumns.map((column) => column.getEntityValue(entity as ObjectLiteral)))
}

/** The identity of the row behind these columns of a raw result. */
export function rowKey(
  dataSource: DataSource,
  row: Row,
  columns: readonly (readonly [alias: string, column: ColumnMetadata])[],
): string | undefined {
  return keyOfValues(columns.map(([alias, column]) => hydrated(dataSource, row[alias], column)))
}

/** The value that TypeORM would put on an entity. */
export function hydrated(dataSource: DataSource, value: unknown, column: ColumnMetadata): unknown {
  if (value === undefined || value === null) return value
  // What most keys are: no driver of TypeORM 0.3 or 1 turns a number of the database into another one.
  if (
    typeof value === "number" &&
    column.transformer === undefined &&
    column.type !== "boolean" &&
    column.type !== Boolean
  ) {
    return value
  }
  return dataSource.driver.prepareHydratedValue(value, column)
}

export function keyOfValues(values: readonly unknown[]): string | undefined {
  if (values.length === 1) return keyOfValue(values[0])
  if (values.length === 0 || values.some((value) => value === undefined || value === null)) return undefined
  return values.map(partOf).join("\u0000")
}

function keyOfValue(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : partOf(value)
}

function partOf(value: unknown): string {
  if (typeof value === "string") return value
  if (typeof value === "number" || typeof value === "bigint") return value.toString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex")
  if (value instanceof Date) return value.toISOString()
  return JSON.stringify(value)
}
