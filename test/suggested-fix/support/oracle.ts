import type { LeakReport } from "../../../src/testing/index.ts"
import type { TestDatabase } from "../../support/databases.ts"
import { lastChild, lastParent, type Shape } from "./shapes.ts"

/** What a load came to. */
export interface Outcome {
  readonly parents: readonly number[]
  /** `parent-child`, sorted. */
  readonly pairs: readonly string[]
  readonly leaks: readonly string[]
}

/** What plain SQL says that the tenant 1 is to see of a relation, without a leak. */
export async function wholeRelation(database: TestDatabase, { pairs }: Shape): Promise<Outcome> {
  const rows = await database.sql(pairs)
  const seen = rows.filter((row) => Number(row["parent"]) <= lastParent && isOwnOrShared(row["tenant"]))
  return {
    parents: Array.from({ length: lastParent }, (_, index) => index + 1),
    pairs: seen.map((row) => `${Number(row["parent"])}-${Number(row["child"])}`).toSorted(),
    leaks: [],
  }
}

/** The keys of the rows that a query for the child is to return to the tenant 1. */
export async function ownRoots(database: TestDatabase, { pairs, child }: Shape): Promise<number[]> {
  const rows =
    child === "Partner"
      ? await database.sql("select id as child, merchant_id as tenant from partner")
      : await database.sql(pairs)
  const seen = rows.filter((row) => Number(row["child"]) <= lastChild && isOwnOrShared(row["tenant"]))
  return [...new Set(seen.map((row) => Number(row["child"])))].toSorted((a, b) => a - b)
}

/** What a load of parents came to; a lazy relation is awaited. */
export async function outcomeOf(
  parents: readonly object[],
  relation: string,
  leaks: readonly LeakReport[],
): Promise<Outcome> {
  const pairs: string[] = []
  for (const parent of parents) {
    const children = await (parent as Record<string, Iterable<object> | Promise<Iterable<object>>>)[relation]!
    for (const child of children) pairs.push(`${keyOf(parent)}-${keyOf(child)}`)
  }
  return {
    parents: parents.map(keyOf).toSorted((a, b) => a - b),
    pairs: pairs.toSorted(),
    leaks: leaks.map((leak) => `${leak.what} ${leak.owner}.${leak.relation}`),
  }
}

export function keyOf(row: object): number {
  const { id, number } = row as { readonly id?: number; readonly number?: number }
  return id ?? number!
}

function isOwnOrShared(tenant: unknown): boolean {
  return tenant === null || Number(tenant) === 1
}
