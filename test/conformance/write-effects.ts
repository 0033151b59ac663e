import type { TestDatabase } from "../support/databases.ts"
import type { Family, RequiredEdit } from "./harness.ts"
import { childrenOf, ownPairs } from "./oracle.ts"
import { relationOf } from "./relations.ts"

export const families: readonly Family[] = ["addresses", "notes", "tags", "labels", "badges"]

const tables = { addresses: "address", notes: "note", tags: "tag", labels: "label", badges: "badge" }

/** The changes that an edit of customer 1, made as tenant 1, must come to. */
export async function expectedEdit(db: TestDatabase, family: Family, edit: RequiredEdit): Promise<string[]> {
  const own = childrenOf(1, await ownPairs(db, relationOf(`Customer.${family}`), [1])).toSorted(
    (a, b) => Number(a) - Number(b),
  )
  const first = own[0]!
  const lines = {
    "add a new child": added(family),
    "remove an own child": removed(family, first),
    "remove all": own.flatMap((id) => removed(family, id)),
    // The first own child stays, a new one comes.
    "replace all": [...own.slice(1).flatMap((id) => removed(family, id)), ...added(family)],
  }
  return lines[edit].toSorted()
}

/** How a child leaves a customer. */
export function removed(family: Family, id: string, customer = 1): string[] {
  if (family === "addresses") return [`~ address ${id} customer_id: ${customer} -> null`]
  if (family === "notes") return [`- note ${id}`]
  return [`- customer_${tables[family]} ${customer},${id}`]
}

/** How the new child 900 comes to customer 1. */
export function added(family: Family): string[] {
  const table = tables[family]
  if (family === "addresses" || family === "notes") return [`+ ${table} 900 customer_id=1 label=new merchant_id=1`]
  return [`+ ${table} 900 label=new merchant_id=1`, `+ customer_${table} 1,900 ${table}_id=900 customer_id=1`].map(
    sortColumns,
  )
}

function sortColumns(line: string): string {
  const [sign, table, key, ...columns] = line.split(" ")
  return [sign, table, key, ...columns.toSorted()].join(" ")
}
