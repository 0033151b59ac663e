import type { EntityMetadata, ObjectLiteral } from "typeorm"
import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js"
import type { RelationMetadata } from "typeorm/metadata/RelationMetadata.js"
import type { NewTarget } from "../changes.ts"
import { targetOf } from "../link-guards.ts"

/** What the values of a statement say about a column, as TypeORM takes it: undefined where they say nothing, a function for SQL. */
export function valueOf(column: ColumnMetadata, values: ObjectLiteral): unknown {
  const value: unknown = column.getEntityValue(values)
  const isReference =
    typeof value === "object" && value !== null && !(value instanceof Date) && !(value instanceof Uint8Array)
  return isReference && column.referencedColumn !== undefined ? column.referencedColumn.getEntityValue(value) : value
}

/** Where the values of a statement make a relation point; undefined where they leave it alone. */
export function targetOfValues(relation: RelationMetadata, values: ObjectLiteral): NewTarget | undefined {
  const object: unknown = relation.getEntityValue(values)
  return keyTarget(relation.joinColumns, values, typeof object === "object" ? object : null)
}

/** The row that columns of a statement's values name. */
export function keyTarget(
  columns: readonly ColumnMetadata[],
  values: ObjectLiteral,
  object: ObjectLiteral | null = null,
): NewTarget | undefined {
  const keys = columns.map((column) => valueOf(column, values))
  if (keys.every((key) => key === undefined)) return undefined
  if (keys.some((key) => typeof key === "function")) return { kind: "unknown" }
  if (keys.includes(null)) return { kind: "none" }
  // A part of a key says nothing about the row that all of it names.
  if (keys.includes(undefined)) return { kind: "unknown" }
  const id = targetOf(columns, (column) => keys[columns.indexOf(column)])
  return id === undefined ? { kind: "none" } : { kind: "row", id, object: object ?? undefined }
}

/** The columns that an INSERT names by what the database calls them, or by their properties. */
export function columnsNamed(metadata: EntityMetadata, names: readonly string[]): ColumnMetadata[] | undefined {
  const found = names.map((name) =>
    metadata.columns.find(({ databaseName, propertyPath }) => databaseName === name || propertyPath === name),
  )
  return found.includes(undefined) ? undefined : (found as ColumnMetadata[])
}
