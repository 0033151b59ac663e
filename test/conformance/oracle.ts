import type { TenantId } from "../../src/index.ts"
import type { TestDatabase } from "../support/databases.ts"
import { tableKeys } from "./schema.ts"
import type { Relation } from "./relations.ts"

/** Parent and child of one row, as in `"1>7"`. */
export type Pair = string

/** What plain SQL says a scope owns of a relation; `tenants` undefined stands for every tenant. */
export async function ownPairs(db: TestDatabase, relation: Relation, tenants?: readonly TenantId[]): Promise<Pair[]> {
  const rows = `select parent, child, tenant from (${relation.pairs}) as pair where parent is not null`
  const found = await (tenants === undefined
    ? db.sql(rows)
    : db.sql(
        `${rows} and (tenant is null or lower(cast(tenant as text)) in (${tenants.map((_, index) => `$${index + 1}`).join(", ")}))`,
        tenants.map((tenant) => String(tenant).toLowerCase()),
      ))
  return found
    .filter(({ parent }) => relation.parents.includes(parent as number))
    .map(({ parent, child }) => `${String(parent)}>${String(child)}`)
    .toSorted()
}

/** Children of one parent out of a list of pairs. */
export function childrenOf(parent: number, pairs: readonly Pair[]): string[] {
  return pairs.filter((pair) => pair.startsWith(`${parent}>`)).map((pair) => pair.slice(`${parent}>`.length))
}

/** Every row of every table, by table and key; with its version (`xmin`) where the database has one. */
export type Dump = ReadonlyMap<string, Readonly<Record<string, unknown>>>

export async function dump(db: TestDatabase): Promise<Dump> {
  const rows = new Map<string, Readonly<Record<string, unknown>>>()
  const version = db.kind === "sqlite" ? "" : ", xmin::text as xmin"
  for (const [table, key] of tableKeys) {
    for (const row of await db.sql(`select *${version} from ${table}`)) {
      rows.set(`${table} ${key.map((column) => row[column]).join(",")}`, row)
    }
  }
  return rows
}

/**
 * What happened between two dumps, one line per row: `"+ note 9 label=new"`, `"- note 1"`, `"~ note 1 label: a -> b"`, and
 * `"~ note 1 rewritten"` for a row that was written without being changed.
 */
export function changes(before: Dump, after: Dump): string[] {
  const lines: string[] = []
  for (const [row, values] of after) if (!before.has(row)) lines.push(`+ ${row}${describe(values)}`)
  for (const [row, values] of before) {
    const now = after.get(row)
    if (now === undefined) lines.push(`- ${row}`)
    else if (changed(values, now).length > 0) lines.push(`~ ${row} ${changed(values, now).join(", ")}`)
    else if (values["xmin"] !== now["xmin"]) lines.push(`~ ${row} rewritten`)
  }
  return lines.toSorted()
}

function describe(values: Readonly<Record<string, unknown>>): string {
  return Object.entries(values)
    .filter(([column, value]) => column !== "xmin" && column !== "id" && value !== null)
    .map(([column, value]) => ` ${column}=${String(value)}`)
    .toSorted()
    .join("")
}

function changed(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(before)
    .filter((column) => column !== "xmin" && before[column] !== after[column])
    .map((column) => `${column}: ${textOf(column, before[column])} -> ${textOf(column, after[column])}`)
}

/** When a row was deleted softly is the database's to say: two runs compare without it. */
function textOf(column: string, value: unknown): string {
  return column === "deleted_at" && value !== null ? "a time" : String(value)
}
