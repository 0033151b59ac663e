import type { Collection } from "@mikro-orm/core"
import { afterEach, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { rejectionOf } from "../core/support/refusal.ts"
import { idsOf, openShop, seedShop, strategies, type Shop } from "./support/shop.ts"

let shop: Shop

afterEach(() => shop.close())

async function open(): Promise<void> {
  shop = await openShop("sqlite")
  await seedShop(shop)
  await shop.database.sql("delete from purchase")
  await shop.database.sql("insert into customer (id, name) values (3, 'Eve')")
}

interface Row {
  id: number
}

type Relation = "addresses" | "tags"
type Em = ReturnType<Shop["fork"]>

async function load(em: Em, id: number, relation: Relation, strategy: (typeof strategies)[number] = "select-in") {
  const customer = await em.findOneOrFail(shop.Customer, { id }, { populate: [relation], strategy } as object)
  return collectionOf(customer, relation)
}

function collectionOf(customer: object, relation: Relation): Collection<Row> {
  return (customer as Record<Relation, Collection<Row>>)[relation]
}

function newRow(em: Em, relation: Relation, merchantId: number): Row {
  if (relation === "tags") return em.create(shop.Tag, { id: 90, label: "new", merchantId })
  return em.create(shop.Address, { id: 90, street: "new", merchantId })
}

// What merchant 1 does to a collection, and which rows merchant 2 finds there afterwards.
const edits: Record<string, (em: Em, rows: Collection<Row>, relation: Relation) => void> = {
  "add()": (em, rows, relation) => rows.add(newRow(em, relation, 1)),
  "remove()": (_, rows) => rows.remove(rows.getItems()[0]!),
  "set()": (_, rows) => rows.set(rows.getItems().slice(1)),
  "removeAll()": (_, rows) => rows.removeAll(),
}
const names = Object.keys(edits)

describe.each(["addresses", "tags"] as const)("one EntityManager in the scopes of two tenants: %s", (relation) => {
  const expected = {
    1: { addresses: [2, 3, 4], tags: [2, 3] },
    2: { addresses: [6], tags: [2] },
    3: { addresses: [], tags: [] },
  }

  const cases = names.flatMap((name) => strategies.map((strategy) => [name, strategy] as const))

  it.each(cases)(
    "can be loaded by the other tenant once the changes of %s are flushed, loaded %s",
    async (name, first) => {
      await open()
      const em = shop.fork()
      await collectLeaks(() =>
        withTenant(1, async () => {
          edits[name]!(em, await load(em, 1, relation, first), relation)
          await em.flush()
        }),
      )

      for (const strategy of strategies) {
        const { result } = await collectLeaks(() =>
          withTenant(2, async () => idsOf(await load(em, 1, relation, strategy))),
        )
        // Shared rows that merchant 1 took out are out for everybody.
        expect(result).toEqual(expected[1][relation].filter((id) => name !== "removeAll()" || id !== 3))
      }
    },
  )

  it.each([1, 3])(
    "can be loaded by the other tenant after a removeAll() that had nothing to save, customer %i",
    async (id) => {
      await open()
      await shop.database.sql("delete from address where merchant_id = 1 or merchant_id is null")
      await shop.database.sql("delete from customer_tag where tag_id <> 2")
      const em = shop.fork()
      await collectLeaks(() =>
        withTenant(1, async () => {
          ;(await load(em, id, relation)).removeAll()
          await em.flush()
        }),
      )

      const { result } = await collectLeaks(() => withTenant(2, async () => idsOf(await load(em, id, relation))))

      expect(result).toEqual(expected[id as 1][relation].filter((row) => row !== 3))
    },
  )

  it.each(names)(
    "refuses the other tenant while the changes of %s are not flushed, and loses none of them",
    async (name) => {
      await open()
      const em = shop.fork()
      await collectLeaks(() => withTenant(1, async () => edits[name]!(em, await load(em, 1, relation), relation)))

      const { result } = await collectLeaks(() =>
        rejectionOf(withTenant(2, () => collectionOf(em.getReference(shop.Customer, 1), relation).init())),
      )

      const child = relation === "tags" ? "Tag" : "Address"
      expect(result).toEqual({
        code: "TENANT_SWITCH",
        message:
          `Customer.${relation} holds changes that were made in another tenant's scope and are not saved yet. Flush or clear the ` +
          "EntityManager in that scope before the collection is loaded here.",
        details: { owner: "Customer", relation, child, column: "merchantId" },
      })
      await withTenant(1, () => em.flush())
      const { result: saved } = await collectLeaks(() =>
        withTenant(1, async () => idsOf(await load(shop.fork(), 1, relation))),
      )
      expect(saved).toEqual({ "add()": [1, 3, 90], "remove()": [3], "set()": [3], "removeAll()": [] }[name])
    },
  )
})

it("adds no row of one tenant to the m:n collection that the other one loaded", async () => {
  await open()
  const em = shop.fork()
  await collectLeaks(async () => {
    const tags = await withTenant(1, () => load(em, 1, "tags"))
    const before = withTenant(1, () => idsOf(tags))
    await withTenant(2, () => em.find(shop.Tag, {}, { populate: ["customers"] }))

    expect(withTenant(1, () => idsOf(tags))).toEqual(before)
  })
})
