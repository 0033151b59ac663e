import type { DataSource } from "typeorm"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { switchTenant, withoutTenant, withTenant, withTenants } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import type { Relation } from "./support/graph.ts"
import { childrenOf, setChildren, type Entity } from "./support/graph-held.ts"
import { ada, openGraphShop, type GraphShop } from "./support/graph-shop.ts"
import { readGraph, writeGraph } from "./support/graph-tables.ts"

// One entity goes through the scopes of several tenants. Of each kind, row 1 is the first tenant's, 2 the second's, 3 shared.

let shop: GraphShop
let plain: DataSource
let lazy: DataSource

beforeAll(async () => {
  shop = await openGraphShop("postgresql")
  plain = await shop.open("guarded", "plain")
  lazy = await shop.open("guarded", "lazy")
})

beforeEach(() => writeGraph(shop.database, ada))

afterAll(() => shop?.close())

type Linked = Exclude<Relation, "lines">

const relations: readonly Linked[] = ["addresses", "notes", "purchases", "tags"]

function load(dataSource: DataSource): Promise<Entity> {
  return dataSource.manager.findOneOrFail<Entity>("Customer", {
    where: { id: 1 },
    relations: { addresses: true, notes: true, purchases: true, tags: true },
  })
}

const scopes = {
  "the same tenant": (run: () => Promise<unknown>) => withTenant(1, run),
  "another tenant": (run: () => Promise<unknown>) => withTenant(2, run),
  "another tenant, switched to": (run: () => Promise<unknown>) =>
    withTenant(1, () => switchTenant(2, "take over", run)),
  "both tenants": (run: () => Promise<unknown>) => withTenants([1, 2], "group report", run),
  "nobody in particular": (run: () => Promise<unknown>) => withoutTenant("support desk", run),
}

type ScopeName = keyof typeof scopes

/** The rows that are left of each relation when what the first tenant loaded is emptied and saved for somebody. */
const left: Readonly<Record<ScopeName, readonly number[]>> = {
  "the same tenant": [2],
  // The second tenant never saw its own rows there, and the first one's are not its to remove.
  "another tenant": [1, 2],
  "another tenant, switched to": [1, 2],
  "both tenants": [2],
  "nobody in particular": [2],
}

describe.each([
  ["plain", () => plain],
  ["lazy", () => lazy],
] as const)("what one tenant loaded, with %s relations", (_, dataSource) => {
  it.each(Object.keys(scopes) as ScopeName[])("loses nothing when it is saved for %s", async (scope) => {
    const before = await linked()
    await collectLeaks(async () => {
      const customer = await withTenant(1, () => load(dataSource()))
      await scopes[scope](() => dataSource().manager.save("Customer", customer))
    })

    expect(await linked()).toEqual(before)
  })

  it.each(Object.entries(left) as [ScopeName, number[]][])(
    "loses what may be removed when it is emptied and saved for %s: %j are left",
    async (scope, ids) => {
      await collectLeaks(async () => {
        const customer = await withTenant(1, () => load(dataSource()))
        for (const relation of relations) setChildren(customer, relation, [])
        await scopes[scope](() => dataSource().manager.save("Customer", customer))
      })

      expect(await linked()).toEqual({ addresses: ids, notes: ids, purchases: ids, tags: ids })
    },
  )

  it("can be loaded by the other tenant once the changes are saved", async () => {
    const { result } = await collectLeaks(async () => {
      const customer = await withTenant(1, () => load(dataSource()))
      for (const relation of relations) setChildren(customer, relation, childrenOf(customer, relation)!.slice(1))
      await withTenant(1, () => dataSource().manager.save("Customer", customer))
      return withTenant(2, () => load(dataSource()))
    })

    for (const relation of relations) {
      const ids = childrenOf(result, relation)!.map(({ id }) => id!)
      expect(ids.toSorted((a, b) => a - b)).toEqual([2, 3])
    }
  })
})

/** The rows that hang on Ada in the database. */
async function linked(): Promise<Record<Linked, number[]>> {
  const { rows, links } = await readGraph(shop.database)
  const of = (table: "address" | "note" | "purchase"): number[] =>
    [...rows[table].values()].filter(({ parent }) => parent === 1).map(({ id }) => id)
  return {
    addresses: of("address"),
    notes: of("note"),
    purchases: of("purchase"),
    tags: [...links].map((link) => Number(link.split(":")[1])),
  }
}
