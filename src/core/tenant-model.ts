/**
 * What the database layer needs to know of an application's entities: their tables, and whose their rows are. Each ORM entry describes
 * its metadata this way.
 */
export interface TenantModel {
  readonly orm: "mikro-orm" | "typeorm"
  /** Every table of every entity, junction tables included; parents before what refers to them where that is possible. */
  readonly tables: readonly TableModel[]
}

/** One table. */
export interface TableModel extends TableName {
  /** The entity that is stored in it; the first one of a hierarchy that shares a table. */
  readonly entity: string
  readonly columns: readonly ColumnModel[]
  readonly primaryKey: readonly string[]
  /** Columns that are unique together, without the primary key. */
  readonly uniques: readonly (readonly string[])[]
  /** Columns that are indexed together, in order; without the primary key and the uniques. */
  readonly indexes: readonly (readonly string[])[]
  readonly foreignKeys: readonly ForeignKeyModel[]
  /** Whose the rows are; undefined for a table that is not tenant-owned. */
  readonly tenant: TenantSource | undefined
}

/** A table's name as the database has it. */
export interface TableName {
  /** Undefined where the connection's `search_path` decides. */
  readonly schema: string | undefined
  readonly name: string
}

/** One column, as the ORM would create it. */
export interface ColumnModel {
  readonly name: string
  /** The SQL type, such as `integer` or `varchar(255)`. */
  readonly type: string
  readonly isNullable: boolean
}

/** A reference to another table. */
export interface ForeignKeyModel {
  readonly columns: readonly string[]
  readonly target: TableName
  /** In the order of `columns`. */
  readonly targetColumns: readonly string[]
  readonly isNullable: boolean
  /** As the ORM would create it, in lower case: `cascade`, `set null`, `no action`; undefined where it says nothing. */
  readonly onDelete: string | undefined
}

/** Where the tenant of a table's rows is stored. */
export interface TenantSource {
  /** The property path, as the options spell it. */
  readonly path: string
  /** The references that lead to it; empty for a column of the table itself. */
  readonly through: readonly ForeignKeyModel[]
  /** The column at the end of the path. */
  readonly column: ColumnModel
}

/**
 * The same source without a last step that is needless: where the path ends at the key that its last reference already holds, the
 * tenant stands in the table before.
 */
export function shortestSource(source: TenantSource): TenantSource {
  const last = source.through.at(-1)
  const index = last?.targetColumns.indexOf(source.column.name) ?? -1
  if (last === undefined || index === -1) return source
  const column = { name: last.columns[index]!, type: source.column.type, isNullable: last.isNullable }
  return shortestSource({ path: source.path, through: source.through.slice(0, -1), column })
}

/** Parents before what refers to them, where that is possible; otherwise in the given order. */
export function parentsFirst(tables: readonly TableModel[]): TableModel[] {
  const byName = new Map(tables.map((table) => [nameOf(table), table]))
  const ordered = new Set<TableModel>()
  const open = new Set<TableModel>()
  const visit = (table: TableModel): void => {
    if (ordered.has(table) || open.has(table)) return
    open.add(table)
    for (const { target } of table.foreignKeys) {
      const parent = byName.get(nameOf(target))
      if (parent !== undefined) visit(parent)
    }
    ordered.add(table)
  }
  for (const table of tables) visit(table)
  return [...ordered]
}

/** The same text for the same table, and for no other one. */
export function nameOf({ schema, name }: TableName): string {
  return JSON.stringify([schema ?? null, name])
}
