import { afterEach, beforeEach, expect, it } from "vitest"
import { switchTenant, withoutTenant, withTenant } from "../../src/index.ts"
import { outcomeOf } from "./support/outcome.ts"
import { openShop, seedShop, type Shop } from "./support/shop.ts"

let shop: Shop
beforeEach(async () => {
  shop = await openShop("sqlite")
  await seedShop(shop)
})
afterEach(() => shop.close())

const refused = ["WRITE_FOREIGN", "Address update 1"]

async function street(id: number): Promise<unknown> {
  const [row] = await shop.database.sql(`select street from address where id = ${id}`)
  return row!["street"]
}

it("judges in a fork what was loaded in the EntityManager that it was forked from", async () => {
  const em = shop.fork()
  const foreign = await withTenant(2, () => em.findOneOrFail(shop.Address, 2))
  const fork = em.fork({ clear: false })
  foreign.street = "changed"

  expect([await outcomeOf(() => withTenant(1, () => fork.flush())), await street(2)]).toEqual([refused, "foreign 2"])
})

it("does not believe what a transaction's own EntityManager claimed of a row that was loaded", async () => {
  const em = shop.fork()
  const foreign = await withTenant(2, () => em.findOneOrFail(shop.Address, 2))

  const outcome = await outcomeOf(() =>
    withTenant(1, async () => {
      await em.transactional((inner) => void inner.merge(shop.Address, { id: 2, street: "foreign 2", merchantId: 1 }), {
        clear: true,
      })
      foreign.street = "changed"
      await em.flush()
    }),
  )

  expect([outcome[0], await street(2)]).toEqual(["WRITE_FOREIGN", "foreign 2"])
})

it.each([
  ["em.merge", (em: ReturnType<Shop["fork"]>) => em.merge(shop.Address, { id: 2, street: "a", merchantId: 1 })],
  ["em.map", (em: ReturnType<Shop["fork"]>) => em.map(shop.Address, { id: 2, street: "a", merchant_id: 1 } as never)],
  [
    "em.create as managed",
    (em: ReturnType<Shop["fork"]>) =>
      em.create(shop.Address, { id: 2, street: "a", merchantId: 1 }, { managed: true, persist: false }),
  ],
  [
    "a refreshing em.merge of a loaded row",
    async (em: ReturnType<Shop["fork"]>) => {
      await switchTenant(2, "test", () => em.findOneOrFail(shop.Address, 2))
      return em.merge(shop.Address, { id: 2, street: "a", merchantId: 1 }, { refresh: true })
    },
  ],
  [
    "a query of other columns after em.merge",
    async (em: ReturnType<Shop["fork"]>) => {
      const claimed = em.merge(shop.Address, { id: 2, street: "a", merchantId: 1 })
      await em.find(shop.Address, { id: 2 }, { fields: ["id", "street"], flushMode: "commit" as never })
      return claimed
    },
  ],
])("does not believe what %s says of a stored row", async (_, claim) => {
  const em = shop.fork()
  const outcome = await outcomeOf(() =>
    withTenant(1, async () => {
      ;(await claim(em)).street = "changed"
      await em.flush()
    }),
  )
  expect([outcome, await street(2)]).toEqual([refused, "foreign 2"])
})

it("asks nothing more about rows that a query builder, a stream's row or a refresh brought", async () => {
  const em = shop.fork()
  await withTenant(1, async () => {
    const [address] = await em.createQueryBuilder(shop.Address).where({ id: 1 }).getResultList()
    await em.refresh(address!)
    address!.street = "changed"
    shop.queries.length = 0
    await em.flush()
  })
  expect(shop.queries.filter((query) => query.includes("select"))).toEqual([])
})

it("asks nothing more about rows that the same EntityManager inserted", async () => {
  const em = shop.fork()
  await withTenant(1, async () => {
    const address = em.create(shop.Address, { id: 50, street: "new" })
    await em.flush()
    address.street = "changed"
    shop.queries.length = 0
    await em.flush()
  })
  expect(shop.queries.filter((query) => query.includes("select"))).toEqual([])
})

it("refuses upserts of foreign rows without the identity map, too", async () => {
  const upsert = () => shop.fork().upsert(shop.Address, { id: 2, street: "changed" }, { disableIdentityMap: true })
  expect([await outcomeOf(() => withTenant(1, upsert)), await street(2)]).toEqual([
    ["WRITE_FOREIGN", "Address upsert 1"],
    "foreign 2",
  ])
})

it("shows a shared row that was upserted without a tenant as shared still", async () => {
  const address = await withTenant(1, () => shop.fork().upsert(shop.Address, { id: 3, street: "changed" }))
  const stored = await shop.database.sql("select street, merchant_id from address where id = 3")
  expect([address.merchantId, stored]).toEqual([null, [{ street: "changed", merchant_id: null }]])
})

it("judges a unit of work that is committed by itself", async () => {
  const em = shop.fork()
  em.getReference(shop.Address, 2).street = "changed"
  const outcome = await outcomeOf(() => withTenant(1, () => em.getUnitOfWork().commit()))
  expect([outcome, await street(2)]).toEqual([refused, "foreign 2"])
})

it("looks a row up again whose tenant was moved on purpose, since that may have been rolled back", async () => {
  const em = shop.fork()
  const address = await withTenant(2, () => em.findOneOrFail(shop.Address, 2))
  await withoutTenant("move", async () => {
    await em.begin()
    address.merchantId = 1
    await em.flush()
    await em.rollback()
  })
  address.street = "changed"
  expect([await outcomeOf(() => withTenant(1, () => em.flush())), await street(2)]).toEqual([refused, "foreign 2"])
})

it("confines conditions in every form that MikroORM takes", async () => {
  const em = shop.fork()
  const affected = await withTenant(1, async () => [
    await em.nativeUpdate(shop.Address, 2, { street: "changed" }),
    await em.nativeUpdate(shop.Address, [1, 2] as never, { street: "changed" }),
    await em.nativeUpdate(shop.Address, { $or: [{ id: 2 }, { id: 1 }] }, { street: "changed" }),
    await em.nativeUpdate(shop.Address, { customer: { name: "Ada" } }, { street: "changed" }),
    await em.nativeDelete(shop.Order, { $and: [{ id: [2, 3] }] }),
  ])
  expect([affected, await street(2)]).toEqual([[0, 1, 1, 2, 1], "foreign 2"])
})

it.each(["a bypass", "the same scope"])("judges an insert beside a flush in %s that is on its way", async (where) => {
  const em = shop.fork()
  const own = await withTenant(1, () => em.findOneOrFail(shop.Address, 1))
  const made = em.create(shop.Address, { id: 50, street: "new", merchantId: 2 }, { persist: false })
  own.street = "changed"
  const flush = () => em.flush()
  const flushing = where === "a bypass" ? withoutTenant("test", flush) : withTenant(1, flush)

  const outcome = await outcomeOf(() => withTenant(1, () => em.insert(made)))
  await flushing

  const stored = await shop.database.sql("select id, street from address where id in (1, 50)")
  expect([outcome, stored]).toEqual([["WRITE_FOREIGN", "Address insert 1"], [{ id: 1, street: "changed" }]])
})
