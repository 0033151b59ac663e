import {
  nameOf,
  type ColumnModel,
  type ForeignKeyModel,
  type TableModel,
  type TableName,
} from "../core/tenant-model.ts"
import type { Catalog, LiveTable } from "./catalog.ts"
import { addConstraint, type Change } from "./change.ts"
import type { Copy, OwnedTable } from "./owned-tables.ts"
import { dollarQuoted, identifier, listText, literal, ownName, storedName, tableText } from "./sql-text.ts"
import { columnType } from "./sql-types.ts"

/** The comment that tells a column which the plan added. */
export const columnComment = "tenant-failsafe: copied from the parent row by a trigger"

/**
 * The tenant column of a table that has none of its own. A trigger fills it from the parent row, for every writer: a default of
 * `app.tenant()` would leave it empty wherever no tenant is set, as in a migration, and believe a writer who names another one. The
 * composite foreign key makes sure that it stays the parent's, also when that one moves.
 */
export function columnChanges(owned: OwnedTable, functionSchema: string, catalog: Catalog | undefined): Change[] {
  const { table, column, copies } = owned
  if (column === undefined || copies === undefined) return []
  const live = catalog?.tables.get(nameOf(table))
  const trigger = triggerChange(table, column, copies, functionSchema, live)
  return [
    ...addColumn(table, column, copies, live, trigger.length === 0),
    ...scopedKeyChanges(table, copies.hop, column, copies.parent, copies.parentColumn, catalog),
    ...trigger,
  ]
}

function addColumn(
  table: TableModel,
  column: ColumnModel,
  copies: Copy,
  live: LiveTable | undefined,
  isKept: boolean,
): Change[] {
  const alter = `alter table ${tableText(table)}`
  const name = identifier(column.name)
  const existing = live?.columns.find((candidate) => candidate.name === storedName(column.name))
  const changes: Change[] = []
  if (copies.addsColumn && existing === undefined) {
    changes.push({
      up: [
        `${alter} add column if not exists ${name} ${columnType(column.type)}`,
        `comment on column ${tableText(table)}.${name} is ${literal(columnComment)}`,
      ],
      down: [`${alter} drop column if exists ${name}`],
    })
  }
  if (existing === undefined || !isKept) {
    // For a role that row security holds for, rows would be missing in silence; with this it is an error.
    changes.push({ up: ["set local row_security = off", backfill(table, column, copies)], down: [] })
  }
  if (!column.isNullable && existing?.isNullable !== false) {
    const down = copies.addsColumn && existing === undefined ? [] : [`${alter} alter column ${name} drop not null`]
    changes.push({ up: [`${alter} alter column ${name} set not null`], down: live === undefined ? [] : down })
  }
  return changes
}

function backfill(table: TableModel, column: ColumnModel, { hop, parent, parentColumn }: Copy): string {
  const name = identifier(column.name)
  const row = identifier("child")
  return (
    `update ${tableText(table)} ${row} set ${name} = parent.${identifier(parentColumn.name)}\nfrom ${tableText(parent)} parent\n` +
    `where ${join(hop, row)} and ${row}.${name} is distinct from parent.${identifier(parentColumn.name)}`
  )
}

/**
 * A foreign key that includes the tenant, and the unique key of the parent that it needs. Deleting follows the rule of the reference as the
 * ORM made it; the tenant of a parent that moves goes with it.
 */
export function scopedKeyChanges(
  table: TableModel,
  hop: ForeignKeyModel,
  column: ColumnModel,
  parent: TableModel,
  parentColumn: ColumnModel,
  catalog: Catalog | undefined,
): Change[] {
  if (!table.foreignKeys.some((key) => nameOf(key.target) === nameOf(hop.target) && sameList(key.columns, hop.columns)))
    return []
  const targets = [...hop.targetColumns, parentColumn.name]
  const name = ownName(table.name, ...hop.columns, column.name, "fkey")
  const live = catalog?.tables.get(nameOf(table))
  const unique = uniqueKey(parent, targets, catalog)
  if (live?.constraints.some((constraint) => constraint.name === name) === true) return unique
  const definition =
    `foreign key (${listText([...hop.columns, column.name])}) references ${tableText(parent)} (${listText(targets)}) ` +
    `on update cascade${onDelete(hop)}`
  return [
    ...unique,
    {
      up: [addConstraint(table, identifier(name), definition, live !== undefined)],
      down: [dropConstraint(table, name)],
    },
  ]
}

function uniqueKey(parent: TableModel, columns: readonly string[], catalog: Catalog | undefined): Change[] {
  const live = catalog?.tables.get(nameOf(parent))
  const stored = columns.map(storedName)
  const keys = live?.indexes.filter(({ isUnique }) => isUnique).map((index) => index.columns) ?? [
    parent.primaryKey,
    ...parent.uniques,
  ]
  if (keys.some((key) => sameSet(key, live === undefined ? columns : stored))) return []
  const name = ownName(parent.name, ...columns, "key")
  return [
    {
      up: [addConstraint(parent, identifier(name), `unique (${listText(columns)})`, live !== undefined)],
      down: [dropConstraint(parent, name)],
    },
  ]
}

/** Of the function behind the trigger, in the schema of the functions. */
export function copyFunctionName({ schema = "", name }: TableName): string {
  return ownName(schema, name, "tenant")
}

function triggerChange(
  table: TableModel,
  column: ColumnModel,
  copies: Copy,
  functionSchema: string,
  live: LiveTable | undefined,
): Change[] {
  const name = ownName(table.name, column.name, "copy")
  if (live?.triggers.includes(name) === true) return []
  const call = `${identifier(functionSchema)}.${identifier(copyFunctionName(table))}()`
  const watched = listText([...copies.hop.columns, column.name])
  return [
    {
      up: [
        `create or replace function ${call} returns trigger language plpgsql as ${dollarQuoted(copyBody(column, copies))}`,
        `create or replace trigger ${identifier(name)} before insert or update of ${watched} on ${tableText(table)} ` +
          `for each row execute function ${call}`,
      ],
      down: [`drop trigger if exists ${identifier(name)} on ${tableText(table)}`, `drop function if exists ${call}`],
    },
  ]
}

/** It sees what the writer sees: the parent of another tenant is not there. */
function copyBody(column: ColumnModel, { hop, parent, parentColumn }: Copy): string {
  const name = identifier(column.name)
  const isUnset = hop.columns.map((key) => `new.${identifier(key)} is null`).join(" or ")
  const text = literal(`tenant-failsafe: the row of ${parent.name} that it refers to is not there for this tenant`)
  return `begin
  if ${isUnset} then
    new.${name} := null;
    return new;
  end if;
  select parent.${identifier(parentColumn.name)} into new.${name} from ${tableText(parent)} parent where ${join(hop, "new")};
  if not found then
    raise foreign_key_violation using message = ${text};
  end if;
  return new;
end`
}

function join({ columns, targetColumns }: ForeignKeyModel, row: string): string {
  return targetColumns
    .map((target, index) => `parent.${identifier(target)} = ${row}.${identifier(columns[index]!)}`)
    .join(" and ")
}

function onDelete({ onDelete: rule, columns }: ForeignKeyModel): string {
  if (rule === undefined || !/^(cascade|restrict|no action|set null|set default)$/.test(rule)) return ""
  // The tenant stays: only the reference is taken away.
  return rule.startsWith("set") ? ` on delete ${rule} (${listText(columns)})` : ` on delete ${rule}`
}

function dropConstraint(table: TableName, name: string): string {
  return `alter table ${tableText(table)} drop constraint if exists ${identifier(name)}`
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index])
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return sameList(a.toSorted(), b.toSorted())
}
