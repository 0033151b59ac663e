import { subscribe, unsubscribe } from "node:diagnostics_channel"
import { afterEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant } from "../../src/index.ts"
import type { FailsafeOptions } from "../../src/mikro-orm/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { rejectionOf } from "../core/support/refusal.ts"
import { idsOf, openShop, record, seedShop, strategies, type Shop } from "./support/shop.ts"

let shop: Shop

afterEach(() => shop.close())

async function open(failsafe: Partial<FailsafeOptions> = {}): Promise<void> {
  shop = await openShop("sqlite", { failsafe })
  await seedShop(shop)
}

type Em = ReturnType<Shop["fork"]>

// Order 1 of merchant 1, by each way to reach the address of merchant 2 that it is delivered to.
const ways: Record<string, (em: Em) => Promise<object | null | undefined>> = {
  async joined(em) {
    const order = await em.findOneOrFail(shop.Order, { id: 1 }, { populate: ["deliverTo"], strategy: "joined" })
    return order.deliverTo?.unwrap()
  },
  async selectIn(em) {
    const order = await em.findOneOrFail(shop.Order, { id: 1 }, { populate: ["deliverTo"], strategy: "select-in" })
    return order.deliverTo?.unwrap()
  },
  async populate(em) {
    const order = await em.findOneOrFail(shop.Order, { id: 1 })
    await em.populate([order], ["deliverTo"])
    return order.deliverTo?.unwrap()
  },
  async refLoad(em) {
    const order = await em.findOneOrFail(shop.Order, { id: 1 })
    return await order.deliverTo!.load()
  },
  async refLoadOrFail(em) {
    const order = await em.findOneOrFail(shop.Order, { id: 1 })
    return await order.deliverTo!.loadOrFail()
  },
  async identityMap(em) {
    await withoutTenant("warm the identity map", () => em.findOneOrFail(shop.Address, { id: 2 })).catch(() => undefined)
    return (await em.findOneOrFail(shop.Order, { id: 1 })).deliverTo?.unwrap()
  },
  async queryBuilder(em) {
    const builder = em
      .createQueryBuilder(shop.Order, "o")
      .select("*")
      .leftJoinAndSelect("o.deliverTo", "a")
      .where({ id: 1 })
    return (await builder.getSingleResult())?.deliverTo?.unwrap()
  },
}
const names = Object.keys(ways)

const refusal = {
  code: "REFERENCE_FOREIGN",
  message:
    "Order.deliverTo points at a row of another tenant. The reference was left as it is; correct the stored key, or read it in " +
    "withoutTenant(reason, fn) if it is meant.",
  details: { owner: "Order", relation: "deliverTo", child: "Address", column: "merchantId" },
}

describe("references", () => {
  it.each(names)("reports a reference at a foreign row, loaded by %s, and leaves it as it is", async (name) => {
    await open()

    const { result, leaks } = await collectLeaks(() => withTenant(1, () => ways[name]!(shop.fork())))

    expect(result).toMatchObject({ id: 2, street: "foreign 2", merchantId: 2 })
    expect(leaks).toStrictEqual([
      record(
        { what: "reference", owner: "Order", relation: "deliverTo", child: "Address" },
        { file: "test/mikro-orm/policies-references.test.ts", function: name },
      ),
    ])
  })

  it.each(names)(
    "refuses a reference at a foreign row with 'throw', loaded by %s, and reports it once",
    async (name) => {
      await open({ references: "throw" })

      const { result, leaks } = await collectLeaks(() => withTenant(1, () => rejectionOf(ways[name]!(shop.fork()))))

      expect(result).toEqual(refusal)
      expect(leaks.map(({ what, owner, relation }) => [what, owner, relation])).toEqual([
        ["reference", "Order", "deliverTo"],
      ])
    },
  )

  it.each(names)("writes nothing and stays usable after it refused %s", async (name) => {
    await open({ references: "throw" })
    const em = shop.fork()

    await collectLeaks(() =>
      withTenant(1, async () => {
        await rejectionOf(ways[name]!(em))
        shop.queries.length = 0
        await em.flush()
        expect(shop.queries).toEqual([])
        expect(idsOf(await em.find(shop.Order, { id: 2 }, { populate: ["deliverTo"] }))).toEqual([2])
        const [bob] = await em.find(shop.Customer, { id: 2 }, { populate: ["addresses"] })
        expect(idsOf(bob!.addresses)).toEqual([5])
      }),
    )

    expect(await shop.database.sql("select deliver_to_id from purchase where id = 1")).toEqual([{ deliver_to_id: 2 }])
  })

  it("is refused once: the same row is then dropped from a collection like any other", async () => {
    await open({ references: "throw" })
    const em = shop.fork()

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, async () => {
        await rejectionOf(ways["joined"]!(em))
        return await em.findOneOrFail(shop.Customer, { id: 1 }, { populate: ["addresses"] })
      }),
    )

    expect(idsOf(result.addresses)).toEqual([1, 3])
    expect(leaks.map(({ what, relation }) => [what, relation])).toEqual([
      ["reference", "deliverTo"],
      ["dropped", "addresses"],
    ])
  })

  it.each(strategies)("keeps the parents of foreign references, loaded %s", async (strategy) => {
    await open()

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, () =>
        shop.fork().find(shop.Order, { merchantId: 1 }, { populate: ["deliverTo"], strategy, orderBy: { id: 1 } }),
      ),
    )

    expect(result.map((order) => [order.id, order.deliverTo?.id])).toEqual([
      [1, 2],
      [2, 1],
    ])
    expect(leaks).toHaveLength(1)
  })

  it("says nothing about a reference that is not loaded: it is only a key", async () => {
    await open({ references: "throw" })

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, () => shop.fork().findOneOrFail(shop.Order, { id: 1 })),
    )

    expect(result.deliverTo?.id).toBe(2)
    expect(leaks).toEqual([])
  })

  it("says nothing about own and shared targets", async () => {
    await open({ references: "throw" })
    await shop.database.sql(
      "insert into purchase (id, number, merchant_id, deliver_to_id) values (4, 'D', 1, 3), (5, 'E', 1, null)",
    )

    const { leaks } = await collectLeaks(() =>
      withTenant(1, () => shop.fork().find(shop.Order, { id: [2, 4, 5] }, { populate: ["deliverTo"] })),
    )

    expect(leaks).toEqual([])
  })

  it("says nothing inside withoutTenant", async () => {
    await open({ references: "throw" })

    const { leaks } = await collectLeaks(() =>
      withoutTenant("support desk", () => shop.fork().find(shop.Order, {}, { populate: ["deliverTo"] })),
    )

    expect(leaks).toEqual([])
  })
})

describe("unfiltered", () => {
  const unfiltered = { "Customer.tags": "marketing shares its labels" } as const

  it("leaves the relation alone, and guards the others", async () => {
    await open({ unfiltered })

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, () => shop.fork().findOneOrFail(shop.Customer, { id: 1 }, { populate: ["addresses", "tags"] })),
    )

    expect([idsOf(result.tags), idsOf(result.addresses)]).toEqual([
      [1, 2, 3],
      [1, 3],
    ])
    expect(leaks.map(({ what, relation }) => [what, relation])).toEqual([["dropped", "addresses"]])
  })

  it("is published on the bypass channel at start-up, with its reason", async () => {
    const records: unknown[] = []
    const collect = (message: unknown): unknown => records.push(message)
    subscribe("tenant-failsafe:bypass", collect)

    await open({ unfiltered })
    unsubscribe("tenant-failsafe:bypass", collect)

    expect(records).toEqual([
      {
        event: "tenant_bypass",
        v: 1,
        kind: "unfiltered",
        relation: "Customer.tags",
        reason: "marketing shares its labels",
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as unknown,
      },
    ])
  })

  it("also leaves a to-one relation alone", async () => {
    await open({ references: "throw", unfiltered: { "Order.deliverTo": "a gift goes to a friend's address" } })

    const { leaks } = await collectLeaks(() =>
      withTenant(1, () => shop.fork().find(shop.Order, { id: 1 }, { populate: ["deliverTo"] })),
    )

    expect(leaks).toEqual([])
  })

  it("still adds to, clears and flushes the relation as MikroORM does", async () => {
    await open({ unfiltered })

    await withTenant(1, async () => {
      const em = shop.fork()
      const ada = await em.findOneOrFail(shop.Customer, { id: 1 }, { populate: ["tags"] })
      ada.tags.removeAll()
      await em.flush()
    })

    expect(await shop.database.sql("select customer_id, tag_id from customer_tag")).toEqual([
      { customer_id: 2, tag_id: 2 },
    ])
  })
})
