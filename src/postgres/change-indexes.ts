import { nameOf, type ColumnModel, type TableModel } from "../core/tenant-model.ts"
import type { Catalog } from "./catalog.ts"
import type { Change } from "./change.ts"
import { identifier, ownName, storedName, tableText } from "./sql-text.ts"

/** An index on the tenant column, where none starts with it. */
export function indexChanges(
  table: TableModel,
  column: ColumnModel | undefined,
  catalog: Catalog | undefined,
): Change[] {
  if (column === undefined || isIndexed(table, column, catalog)) return []
  const name = indexName(table, column)
  const stands = table.schema === undefined ? "" : `${identifier(table.schema)}.`
  return [
    {
      up: [`create index if not exists ${identifier(name)} on ${tableText(table)} (${identifier(column.name)})`],
      down: [`drop index if exists ${stands}${identifier(name)}`],
    },
  ]
}

export function indexName(table: TableModel, column: ColumnModel): string {
  return ownName(table.name, column.name, "idx")
}

/** Whether an index starts with the column: in the database where it was looked at, else in the model. */
export function isIndexed(table: TableModel, { name }: ColumnModel, catalog: Catalog | undefined): boolean {
  const live = catalog?.tables.get(nameOf(table))
  if (live !== undefined) return live.indexes.some(({ columns }) => columns[0] === storedName(name))
  return [table.primaryKey, ...table.uniques, ...table.indexes].some(([first]) => first === name)
}
