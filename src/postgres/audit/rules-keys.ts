import type { ForeignKeyModel, TableModel } from "../../core/tenant-model.ts"
import { nameOf } from "../../core/tenant-model.ts"
import { scopedKeyChanges } from "../change-columns.ts"
import { identifier, storedName, tableText } from "../sql-text.ts"
import { finding, type Finding } from "./finding.ts"
import { tenantColumns } from "./policy-view.ts"
import { textOf } from "./wording.ts"
import type { ForeignKey, UniqueKey } from "./snapshot.ts"
import type { Audited, Subject } from "./subjects.ts"

/** Where the entity says that it may be NULL, rows without a tenant are shared, and nothing is wrong. */
export function nullable({ owned: { column }, live, isPart }: Subject): Finding[] {
  if (column === undefined || column.isNullable || isPart) return []
  const name = storedName(column.name)
  if (!live.columns.some((candidate) => candidate.name === name && candidate.isNullable)) return []
  const message = `${textOf(live)}.${name} may be NULL, and such a row is nobody's: no tenant sees it, or every tenant does.`
  const mend = `alter table ${tableText(live)} alter column ${identifier(name)} set not null`
  return [finding("tenant-nullable", { table: textOf(live), object: name }, message, [mend])]
}

/**
 * PostgreSQL checks references past every policy. Only between tables that both have a tenant column: elsewhere there is nothing to
 * include; and not to rows that may be shared.
 */
export function foreignKeys(subject: Subject, audited: Audited): Finding[] {
  const { owned, live, isPart } = subject
  const { column } = owned
  if (column === undefined || isPart) return []
  return live.foreignKeys.flatMap((key) => {
    const parent = audited.subjects.find((candidate) => candidate.live.oid === key.target)
    const parentColumn = parent?.owned.column
    if (parent === undefined || parentColumn === undefined || parentColumn.isNullable) return []
    if (key.columns.includes(storedName(column.name)) || isCovered(key, subject)) return []
    const hop = hopOf(key, parent)
    const table: TableModel = { ...owned.table, foreignKeys: [hop] }
    const catalog = {
      tables: new Map([subject, parent].map((each) => [nameOf(each.owned.table), each.live])),
      functions: { hasSchema: true, isOpen: true, byName: new Map() },
    }
    const changes = scopedKeyChanges(table, hop, column, parent.owned.table, parentColumn, catalog)
    const message =
      `The foreign key ${key.name} lets a row of ${textOf(live)} refer to one of ${textOf(parent.live)} of another tenant: PostgreSQL ` +
      "checks references past every policy. One that includes the tenant does not."
    return [
      finding(
        "fk-not-tenant-scoped",
        { table: textOf(live), object: key.name },
        message,
        changes.flatMap(({ up }) => up),
      ),
    ]
  })
}

/** Whether another foreign key says the same, and includes the tenant. */
function isCovered({ columns, target }: ForeignKey, { owned, live }: Subject): boolean {
  const tenant = storedName(owned.column!.name)
  return live.foreignKeys.some(
    (other) =>
      other.target === target &&
      other.columns.includes(tenant) &&
      columns.every((name) => other.columns.includes(name)),
  )
}

function hopOf({ columns, targetColumns, onDelete }: ForeignKey, { owned: { table } }: Subject): ForeignKeyModel {
  return { columns, target: { schema: table.schema, name: table.name }, targetColumns, isNullable: false, onDelete }
}

/** Without primary keys, which say nothing but a number, and without keys that a foreign key needs as they are. */
export function globalUniques(subject: Subject): Finding[] {
  const { owned, live, isPart } = subject
  const { column } = owned
  const scoping = tenantColumns(subject)
  if (column === undefined || isPart) return []
  return live.uniques.flatMap((key) => {
    if (key.isTarget || key.columns.some((name) => scoping.includes(name))) return []
    const message =
      `The unique key ${key.name} on ${textOf(live)} spans every tenant: who is refused a value knows that another tenant has it. ` +
      `With ${column.name} it is each tenant's own.`
    return [
      finding(
        "global-unique",
        { table: textOf(live), object: key.name },
        message,
        withColumn(key, subject, column.name),
      ),
    ]
  })
}

function withColumn({ name, constraint, definition, method }: UniqueKey, { live }: Subject, column: string): string[] {
  const first = identifier(column)
  if (constraint !== null) {
    const scoped = definition.replace(/^UNIQUE (NULLS NOT DISTINCT )?\(/, (start) => `${start}${first}, `)
    return [
      `alter table ${tableText(live)} drop constraint ${identifier(constraint)}, add constraint ${identifier(constraint)} ${scoped}`,
    ]
  }
  return [
    `drop index ${tableText({ schema: live.schema, name })}`,
    `create unique index ${identifier(name)} on ${tableText(live)} using ${method} (${first}, ${definition}`,
  ]
}
