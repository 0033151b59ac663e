import type { LedgerEntry } from "../ledger.ts"

/** What leaks, as code would name it: `Customer.addresses`, or the entity for rows found at top level. */
export function relationName(entry: Pick<LedgerEntry, "owner" | "relation">): string {
  return entry.relation === null ? entry.owner : `${entry.owner}.${entry.relation}`
}

/** Rows that were detected and left where they were. */
export function rowsLeft(entry: Pick<LedgerEntry, "rows" | "dropped">): number {
  return Math.max(0, entry.rows - entry.dropped)
}

/** Adds up one number of each entry. */
export function sumOf<Item>(items: readonly Item[], number: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + number(item), 0)
}
