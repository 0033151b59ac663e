import type { Dump } from "./oracle.ts"
import type { StepScope } from "./property-steps.ts"

type Row = Readonly<Record<string, unknown>>

/** What a row is to a scope. */
export type Whose = "own" | "shared" | "foreign"

const owned = ["address", "note", "reply", "parcel", "product", "tag", "price", "category", "line"]

/** The rows of a table, by key. */
export function rowsIn(dump: Dump, table: string): readonly Row[] {
  return [...dump].filter(([name]) => name.startsWith(`${table} `)).map(([, row]) => row)
}

/** The ids of a table's rows, in order. */
export function idsIn(dump: Dump, table: string): readonly number[] {
  return rowsIn(dump, table)
    .filter((row) => (row["deleted_at"] ?? null) === null)
    .map(({ id }) => id as number)
    .toSorted((a, b) => a - b)
}

export function whose(dump: Dump, table: string, id: unknown, scope: StepScope): Whose {
  return whoseRow(dump.get(`${table} ${String(id)}`)!, scope)
}

/** Whether rows of other tenants hang on a row that is deleted, or on what is deleted with it. */
export function isHeld(dump: Dump, table: string, id: number, scope: StepScope): boolean {
  const hanging = (child: string, column: string) => rowsIn(dump, child).filter((row) => row[column] === id)
  const isForeign = (row: Row) => whoseRow(row, scope) === "foreign"
  switch (table) {
    case "address":
      return hanging("parcel", "address_id").some(isForeign)
    case "note":
      return hanging("reply", "note_id").some(isForeign)
    case "tag":
      return hanging("product_tag", "tag_id").some(
        (row) => whose(dump, "product", row["product_id"], scope) === "foreign",
      )
    default:
      return false
  }
}

/** What a step did that no step may do in its scope, one line each. */
export function violations(before: Dump, after: Dump, scope: StepScope): readonly string[] {
  const found: string[] = []
  for (const [name, row] of before) {
    const now = after.get(name)
    if (isForeign(before, name, row, scope) && JSON.stringify(now) !== JSON.stringify(row)) {
      found.push(`foreign row written: ${name}`)
    } else if (now !== undefined && owned.includes(tableOf(name)) && now["merchant_id"] !== row["merchant_id"]) {
      const isClaimed = row["merchant_id"] === null && whoseRow(now, scope) === "own" && tableOf(name) === "product"
      if (!isClaimed) found.push(`tenant changed: ${name}`)
    }
  }
  for (const [name, row] of after) {
    const was = before.get(name)
    if (was === undefined && owned.includes(tableOf(name)) && whoseRow(row, scope) !== "own") {
      found.push(`new row that is not of the scope: ${name}`)
    }
    if (was === undefined && isForeign(after, name, row, scope)) found.push(`new row with a foreign end: ${name}`)
    const address = row["address_id"]
    if (tableOf(name) !== "parcel" || typeof address !== "number" || address === was?.["address_id"]) continue
    if (whose(after, "address", address, scope) === "foreign") found.push(`linked to a foreign row: ${name}`)
  }
  return found
}

function isForeign(dump: Dump, name: string, row: Row, scope: StepScope): boolean {
  const table = tableOf(name)
  if (owned.includes(table)) return whoseRow(row, scope) === "foreign"
  const ends = { customer_tag: ["tag"], product_tag: ["product", "tag"] }[table] ?? []
  return ends.some((end) => whose(dump, end, row[`${end}_id`], scope) === "foreign")
}

function whoseRow(row: Row, scope: StepScope): Whose {
  const tenant = row["merchant_id"]
  if (tenant === null) return "shared"
  return scope.some((each) => each === tenant) ? "own" : "foreign"
}

function tableOf(name: string): string {
  return name.slice(0, name.indexOf(" "))
}
