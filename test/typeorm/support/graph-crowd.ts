import type { DataSource } from "typeorm"
import type { TestDatabase } from "../../support/databases.ts"
import { childrenOf, type Entity } from "./graph-held.ts"
import { loadWays, lookWays, type Wanted } from "./graph-loads.ts"

export const tenants = [1, 2, 3]
export const customers = [1, 2, 3, 4, 5, 6, 7, 8]

/** How many notes of a customer belong to a tenant. Each pair differs, so that a mixed-up record shows. */
export function countOf(customer: number, tenant: number): number {
  return ((customer * 3 + tenant * 5) % 7) + 1
}

export function own(customer: number, tenant: number): number[] {
  return Array.from({ length: countOf(customer, tenant) }, (_, index) => customer * 1000 + tenant * 100 + index)
}

export function all(customer: number): number[] {
  return tenants.flatMap((tenant) => own(customer, tenant))
}

/** Customers that every tenant has notes on. */
export async function writeCrowd(database: TestDatabase): Promise<void> {
  for (const table of ["customer_tag", "line", "purchase", "note", "profile", "address", "customer"])
    await database.sql(`delete from ${table}`)
  await database.sql(`insert into customer (id, name) values ${customers.map((id) => `(${id}, 'c')`).join(", ")}`)
  const notes = customers.flatMap((customer) =>
    tenants.flatMap((tenant) => own(customer, tenant).map((id) => `(${id}, 'n', ${tenant}, ${customer})`)),
  )
  await database.sql(`insert into note (id, text, merchant_id, customer_id) values ${notes.join(", ")}`)
}

/** Loads the notes of one customer, and nothing else, once. */
export type Load = (dataSource: DataSource, customer: number) => Promise<number[]>

const wanted = (one: number, more: Partial<Wanted> = {}): Wanted => ({
  relations: new Set(["notes"] as const),
  one,
  pick: 0,
  strategy: "join",
  withProfile: false,
  withDeleted: false,
  page: null,
  ...more,
})

const held =
  (way: keyof typeof loadWays, more?: Partial<Wanted>): Load =>
  async (dataSource, one) =>
    idsOf(childrenOf((await loadWays[way].load(dataSource, wanted(one, more)))[0]!, "notes")!)

const looked =
  (way: "ids" | "mapped", more?: Partial<Wanted>): Load =>
  async (dataSource, one) =>
    (await lookWays[way](dataSource, wanted(one, more)))[0]!.ids.toSorted((a, b) => a - b)

/** For data sources with plain relations. */
export const loads: Readonly<Record<string, Load>> = {
  "find, joined": held("find"),
  "find, a query per relation": held("find", { strategy: "query" }),
  "find, in pages": held("find", { page: { skip: 0, take: 5 } }),
  "a transaction": held("transaction"),
  "a query builder": held("builder"),
  "a partial select": held("partial"),
  "loadMany()": held("loadMany"),
  "relation ids": looked("ids"),
  "mapped rows": looked("mapped"),
  "mapped rows of an entity": looked("mapped", { pick: 1 }),
}

/** For data sources whose relations are promises. */
export const lazyLoad: Load = held("lazy")

export function idsOf(rows: readonly Entity[]): number[] {
  return rows.map(({ id }) => id!).toSorted((a, b) => a - b)
}
