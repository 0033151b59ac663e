import { dollarQuoted, literal, tableText } from "./sql-text.ts"
import type { TableName } from "../core/tenant-model.ts"

/** One step of a plan: the statements that do it, and those that take it back. */
export interface Change {
  readonly up: readonly string[]
  readonly down: readonly string[]
}

/** Adds a constraint; where nobody has looked whether it is there, in a form that may be repeated. */
export function addConstraint(table: TableName, name: string, definition: string, isKnownAbsent: boolean): string {
  const add = `alter table ${tableText(table)} add constraint ${name} ${definition}`
  if (isKnownAbsent) return add
  const found =
    `select from pg_catalog.pg_constraint where conrelid = ${literal(tableText(table))}::regclass ` +
    `and conname = ${literal(unquoted(name))}`
  return `do ${dollarQuoted(`begin\n  if not exists (${found}) then\n    ${add};\n  end if;\nend`)}`
}

function unquoted(identifier: string): string {
  return identifier.slice(1, -1).replaceAll('""', '"')
}
