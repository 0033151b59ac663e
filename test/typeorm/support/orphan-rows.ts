import { foreignNumbers } from "./orphan-hazards.ts"
import { junctionOf, type World } from "./orphan-world.ts"

type Json = Readonly<Record<string, unknown>>

interface Stored {
  readonly table: string
  readonly xmin: string
  readonly row: Json
}

/** Every row as it is stored, foreign ones with the transaction that wrote them last, own ones without what only tells when. */
export interface Rows {
  readonly foreign: readonly string[]
  readonly own: readonly string[]
}

/** Reads all tables by plain SQL. */
export async function readRows({ database, tables }: World): Promise<Rows> {
  const selects = tables.map(
    (table) => `select '${table}' as "table", x.xmin::text as xmin, to_jsonb(x) as row from "${table}" x`,
  )
  const stored = (await database.sql(selects.join(" union all "))) as unknown as Stored[]
  const lines = { foreign: [] as string[], own: [] as string[] }
  for (const { table, xmin, row } of stored) {
    if (isForeign(table, row)) lines.foreign.push(`${table} ${JSON.stringify(row)} written by ${xmin}`)
    else lines.own.push(`${table} ${JSON.stringify(withoutTimes(row))}`)
  }
  return { foreign: lines.foreign.toSorted(), own: lines.own.toSorted() }
}

/** What was done to foreign rows, as `"<row>: detached"` and the like; other tenants' rows must not show up here. */
export function damage(before: Rows, after: Rows): string[] {
  const now = new Map(after.foreign.map((line) => [nameOf(line), line]))
  return before.foreign.flatMap((line) => {
    const name = nameOf(line)
    const found = now.get(name)
    if (found === line) return []
    if (found === undefined) return [`${name}: deleted`]
    if (/"deletedAt":"/.test(found) && !/"deletedAt":"/.test(line)) return [`${name}: soft-deleted`]
    if (/"customer(Id|Code)":null/.test(found) && !/"customer(Id|Code)":null/.test(line)) return [`${name}: detached`]
    return [`${name}: written`]
  })
}

function isForeign(table: string, row: Json): boolean {
  const junction = junctionOf(table)
  if (junction !== undefined) return foreignNumbers.includes(Number(row[junction.column]))
  return typeof row["label"] === "string" && row["label"].startsWith("foreign")
}

function withoutTimes(row: Json): Json {
  const times = { deletedAt: row["deletedAt"] === undefined ? undefined : row["deletedAt"] !== null }
  return { ...row, ...times, updatedAt: undefined }
}

function nameOf(line: string): string {
  const [table] = line.split(" ", 1)
  const row = JSON.parse(line.slice(table!.length + 1, line.lastIndexOf(" written by "))) as Json
  const junction = junctionOf(table!)
  const name = junction === undefined ? row["label"] : `foreign ${String(row[junction.column])}`
  return `${table} ${String(name)}`
}
