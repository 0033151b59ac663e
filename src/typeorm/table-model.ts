import type { DataSource, EntityMetadata } from "typeorm"
import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js"
import type { ColumnModel, ForeignKeyModel, TableModel, TableName } from "../core/tenant-model.ts"

/** The part of TypeORM's drivers that says what a column's SQL type is: the same in 0.3.31 and 1.1.1. */
interface TypeNames {
  normalizeType(column: ColumnMetadata): string
  getColumnLength(column: ColumnMetadata): string
  createFullType(column: object): string
}

export function tableName({ schema, tableName: name }: EntityMetadata): TableName {
  return { schema, name }
}

export function columnModel(column: ColumnMetadata, { driver }: DataSource): ColumnModel {
  return { name: column.databaseName, type: typeOf(column, driver), isNullable: column.isNullable }
}

export function foreignKeysOf(metadata: EntityMetadata): ForeignKeyModel[] {
  return metadata.foreignKeys.map(({ columns, referencedEntityMetadata, referencedColumns, onDelete }) => ({
    columns: namesOf(columns),
    target: tableName(referencedEntityMetadata),
    targetColumns: namesOf(referencedColumns),
    isNullable: columns.some(({ isNullable }) => isNullable),
    onDelete: onDelete?.toLowerCase(),
  }))
}

/** The reference that the join columns of a relation store. */
export function foreignKeyOf(
  columns: readonly ColumnMetadata[],
  target: EntityMetadata,
  onDelete: string | undefined,
): ForeignKeyModel {
  return {
    columns: namesOf(columns),
    target: tableName(target),
    targetColumns: namesOf(columns.map(({ referencedColumn }) => referencedColumn!)),
    isNullable: columns.some(({ isNullable }) => isNullable),
    onDelete: onDelete?.toLowerCase(),
  }
}

export function indexesOf({ uniques, indices }: EntityMetadata): Pick<TableModel, "uniques" | "indexes"> {
  // An index with a condition does not hold for every row.
  const whole = indices.filter(({ where, columns }) => !where && columns.length > 0)
  return {
    uniques: [...uniques, ...whole.filter(({ isUnique }) => isUnique)].map(({ columns }) => namesOf(columns)),
    indexes: whole.filter(({ isUnique }) => !isUnique).map(({ columns }) => namesOf(columns)),
  }
}

function typeOf(column: ColumnMetadata, driver: TypeNames): string {
  const type = driver.normalizeType(column)
  if (type === "enum") return column.enumName ?? `${column.entityMetadata.tableName}_${column.databaseName}_enum`
  const { precision, scale, isArray } = column
  return driver.createFullType({ type, length: driver.getColumnLength(column), precision, scale, isArray })
}

function namesOf(columns: readonly ColumnMetadata[]): string[] {
  return columns.map(({ databaseName }) => databaseName)
}
