import type { EventArgs, EventSubscriber } from "@mikro-orm/core"
import { afterEach, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import type { FailsafeOptions } from "../../src/mikro-orm/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { rejectionOf } from "../core/support/refusal.ts"
import { idsOf, openShop, record, seedShop, strategies, type Essence, type Shop } from "./support/shop.ts"

let shop: Shop

afterEach(() => shop.close())

/** Deletes a row as soon as it was loaded, before anybody can look up its tenant: what a concurrent request may do. */
class DeletesOnLoad implements EventSubscriber {
  readonly ids = new Set<number>()

  async onLoad({ entity, meta }: EventArgs<object>): Promise<void> {
    const { id } = entity as { id: number }
    if (meta.className === "Address" && this.ids.has(id))
      await shop.database.sql("delete from address where id = $1", [id])
  }
}

async function open(failsafe: Partial<FailsafeOptions>, ...deleted: number[]): Promise<void> {
  const deletes = new DeletesOnLoad()
  shop = await openShop("sqlite", { failsafe, config: { subscribers: [deletes] } })
  await seedShop(shop)
  await shop.database.sql("delete from purchase")
  for (const id of deleted) deletes.ids.add(id)
}

async function loadAda(strategy: (typeof strategies)[number], em = shop.fork()) {
  return await em.findOneOrFail(shop.Customer, { id: 1 }, { fields: ["name", "addresses.street"], strategy })
}

function adaRecord(essence: Partial<Essence>): object {
  return record(
    { what: "unknown", owner: "Customer", relation: "addresses", child: "Address", strategy: "look-up", ...essence },
    { file: "test/mikro-orm/policies-unknown.test.ts", function: "loadAda" },
  )
}

const details = { owner: "Customer", relation: "addresses", child: "Address", column: "merchantId" }

describe.each(strategies)("a row that is deleted before its tenant was looked up, loaded %s", (strategy) => {
  it("is kept and reported by default", async () => {
    await open({}, 1)

    const { result, leaks } = await collectLeaks(() => withTenant(1, () => loadAda(strategy)))

    expect(idsOf(result.addresses)).toEqual([1, 3])
    expect(leaks).toStrictEqual([
      adaRecord({ what: "dropped", loaded: 4, rows: 2, dropped: 2 }),
      adaRecord({ what: "unknown", loaded: 4, rows: 1 }),
    ])
  })

  it("is dropped and reported with 'drop'", async () => {
    await open({ onUnknown: "drop" }, 1)

    const { result, leaks } = await collectLeaks(() => withTenant(1, () => loadAda(strategy)))

    expect(idsOf(result.addresses)).toEqual([3])
    expect(leaks).toStrictEqual([
      adaRecord({ what: "dropped", loaded: 4, rows: 2, dropped: 2 }),
      adaRecord({ what: "unknown", loaded: 4, rows: 1, dropped: 1 }),
    ])
  })

  it("fails the load with 'throw', and is reported", async () => {
    await open({ onUnknown: "throw" }, 1)

    const { result: refusal, leaks } = await collectLeaks(() => rejectionOf(withTenant(1, () => loadAda(strategy))))

    expect(refusal).toEqual({
      code: "TENANT_UNKNOWN",
      message:
        "Customer.addresses loaded rows whose tenant could not be determined, not even by a look-up of merchantId. The rows may have " +
        "been deleted meanwhile; they were dropped.",
      details,
    })
    expect(leaks).toStrictEqual([
      adaRecord({ what: "dropped", loaded: 4, rows: 2, dropped: 2 }),
      adaRecord({ what: "unknown", loaded: 4, rows: 1, dropped: 1 }),
    ])
  })

  it("leaves the EntityManager usable after 'throw'", async () => {
    await open({ onUnknown: "throw" }, 1)
    const em = shop.fork()

    await collectLeaks(() =>
      withTenant(1, async () => {
        await rejectionOf(loadAda(strategy, em))
        shop.queries.length = 0
        await em.flush()
        expect(shop.queries).toEqual([])
        const ada = await em.findOneOrFail(
          shop.Customer,
          { id: 1 },
          { populate: ["addresses"], strategy, refresh: true },
        )
        expect(idsOf(ada.addresses)).toEqual([3])
      }),
    )
  })
})

describe("the look-up of what was not selected", () => {
  it.each(strategies)("takes one query for all rows of one entity, loaded %s", async (strategy) => {
    await open({})
    const plain = await openShop("sqlite", { failsafe: null })
    await seedShop(plain)
    await plain.fork().find(plain.Customer, {}, { fields: ["name", "addresses.street"], strategy })
    const withoutGuard = plain.queries.length
    await plain.close()

    const { result } = await collectLeaks(() =>
      withTenant(1, () => shop.fork().find(shop.Customer, {}, { fields: ["name", "addresses.street"], strategy })),
    )

    expect(result.map((customer) => idsOf(customer.addresses))).toEqual([[1, 3], [5]])
    expect(shop.queries).toHaveLength(withoutGuard + 1)
  })

  it("takes one query for each of two entities", async () => {
    await open({})

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, () =>
        shop.fork().find(shop.Customer, {}, { fields: ["name", "addresses.street", "tags.label"], strategy: "joined" }),
      ),
    )

    expect(result.map((customer) => [idsOf(customer.addresses), idsOf(customer.tags)])).toEqual([
      [
        [1, 3],
        [1, 3],
      ],
      [[5], []],
    ])
    expect(shop.queries).toHaveLength(3)
    expect(leaks.map((leak) => [leak.relation, leak.loaded, leak.rows, leak.dropped])).toEqual([
      ["addresses", 6, 3, 3],
      ["tags", 4, 2, 2],
    ])
  })

  it("takes no query where the tenant was selected", async () => {
    await open({})

    await collectLeaks(() =>
      withTenant(1, () => shop.fork().find(shop.Customer, {}, { populate: ["addresses"], strategy: "joined" })),
    )

    expect(shop.queries).toHaveLength(1)
  })

  it("does not keep a row whose tenant changed after an earlier look-up", async () => {
    await open({})
    const em = shop.fork()
    const load = () =>
      em.find(shop.Customer, { id: 1 }, { fields: ["name", "addresses.street"], strategy: "joined", refresh: true })

    await collectLeaks(() => withTenant(1, load))
    await shop.database.sql("update address set merchant_id = 2 where id = 1")
    const { result } = await collectLeaks(() => withTenant(1, load))

    expect(result.map((customer) => idsOf(customer.addresses))).toEqual([[3]])
  })
})
