import { columnType } from "../sql-types.ts"
import { identifier, listText, tableText } from "../sql-text.ts"
import type { ColumnModel, TableModel } from "../../core/tenant-model.ts"
import { finding, type Finding } from "./finding.ts"
import { index, protect } from "./mend.ts"
import { may, revoke } from "./reach.ts"
import { textOf } from "./wording.ts"
import type { Audited, Incomplete, Subject } from "./subjects.ts"

/** Only what tells whose a row is counts: other differences are those of the ORM's own schema diff. */
export function missing(audited: Audited): Finding[] {
  return audited.incomplete.map((incomplete) => {
    const { owned, live } = incomplete
    const mend = live === undefined ? createTable(owned.table) : addColumns(incomplete)
    const rest = [...index(owned, live), ...protect(owned, live, audited)]
    if (live === undefined) return missingTable(incomplete, audited, [mend, ...rest])
    const place = { table: textOf(live), object: incomplete.missing.join(", ") }
    const message =
      `${textOf(live)} has no column ${incomplete.missing.join(", ")}, which tells whose a row of ${owned.table.entity} is. ` +
      "Where there are rows, it must be filled before it can be NOT NULL."
    return finding("missing-column", place, message, [mend, ...rest])
  })
}

function missingTable({ owned: { table } }: Incomplete, { snapshot }: Audited, mend: readonly string[]): Finding {
  const looked = table.schema === undefined ? ` in ${snapshot.searchPath.join(", ") || "the empty search_path"}` : ""
  const name = table.schema === undefined ? table.name : `${table.schema}.${table.name}`
  const message = `There is no table ${name} for ${table.entity}${looked}. The application's migrations create it; this is its outline.`
  return finding("missing-table", { table: name }, message, mend)
}

function createTable(table: TableModel): string {
  const parts = [
    ...table.columns.map(columnText),
    ...(table.primaryKey.length === 0 ? [] : [`primary key (${listText(table.primaryKey)})`]),
  ]
  return `create table ${tableText(table)} (${parts.join(", ")})`
}

function addColumns({ owned: { table, column }, missing: names }: Incomplete): string {
  const known = [...table.columns, ...(column === undefined ? [] : [column])]
  const columns = names.flatMap((name) => known.find((candidate) => candidate.name === name) ?? [])
  return `alter table ${tableText(table)} ${columns.map((each) => `add column ${columnText(each)}`).join(", ")}`
}

function columnText({ name, type, isNullable }: ColumnModel): string {
  return `${identifier(name)} ${columnType(type)}${isNullable ? "" : " not null"}`
}

/** `security: "disable"` in the options is meant. */
export function disabled({ owned, live, isPart }: Subject, audited: Audited): Finding[] {
  if (live.isEnabled || isPart || owned.security === "disable") return []
  const message = `Row security is off on ${textOf(live)}: whoever may read it reads the rows of every tenant, and policies do not hold.`
  const isGuarded = live.policies.some(({ type }) => type === "permissive")
  const alter = `alter table ${tableText(live)}`
  const switches = [`${alter} enable row level security`, `${alter} force row level security`]
  return [
    finding("rls-disabled", { table: textOf(live) }, message, isGuarded ? switches : protect(owned, live, audited)),
  ]
}

/** PostgreSQL has no row security for tables of other servers. */
export function foreignTables({ model, relationOf, reach, snapshot }: Audited): Finding[] {
  return model.tables.flatMap(({ tenant, ...table }) => {
    const live = relationOf(table)
    if (tenant === undefined || live?.kind !== "foreign table" || !may(reach, live.grants, ...privileges)) return []
    const message = `${textOf(live)} is a table of another server, for which there is no row security: ${reach.role.name} may use every row.`
    return [finding("rls-disabled", { table: textOf(live) }, message, [revoke(reach, live, snapshot, ...privileges)])]
  })
}

const privileges = ["select", "insert", "update", "delete"]

/** Only where the application may use the part directly. */
export function partition({ owned, live, isPart }: Subject, { reach }: Audited): Finding[] {
  if (live.isEnabled || !isPart || owned.security === "disable") return []
  if (!may(reach, live.grants, ...privileges)) return []
  const message =
    `Row security is off on ${textOf(live)}, a part of the table of ${owned.table.entity} that ${reach.role.name} may use ` +
    "directly: policies of the table hold only for what goes through it."
  const alter = `alter table ${tableText(live)}`
  return [
    finding("partition-no-rls", { table: textOf(live) }, message, [
      `${alter} enable row level security`,
      `${alter} force row level security`,
    ]),
  ]
}

/** An error where the application is the owner, or a member of it; `security: "enable"` in the options is meant otherwise. */
export function notForced({ owned, live }: Subject, { reach, snapshot }: Audited): Finding[] {
  if (!live.isEnabled || live.isForced) return []
  const isOwner = reach.oids.has(live.owner)
  if (!isOwner && owned.security === "enable") return []
  const owner = snapshot.roles.get(live.owner)?.name ?? live.owner
  const message = isOwner
    ? `${reach.role.name} owns ${textOf(live)}${owner === reach.role.name ? "" : ` through ${owner}`}, and row security does not hold for owners: it sees every row.`
    : `Row security does not hold for ${owner}, which owns ${textOf(live)}, nor for views and functions of it.`
  const place = { table: textOf(live), ...(isOwner ? { severity: "error" as const } : {}) }
  return [finding("no-force", place, message, [`alter table ${tableText(live)} force row level security`])]
}
