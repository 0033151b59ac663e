import { afterEach, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import type { FailsafeOptions } from "../../src/typeorm/index.ts"
import { rejectionOf } from "../core/support/refusal.ts"
import { essenceOf, idsOf } from "./support/lab.ts"
import { nine, openShop, type Shop } from "./support/shop.ts"
import { wayNames, ways, type Way } from "./support/shop-ways.ts"

let shop: Shop

afterEach(() => shop.close())

/** Ada has one address of the merchant that cannot be compared, and no foreign one. */
async function open(way: Partial<Way>, failsafe: Partial<FailsafeOptions> = {}): Promise<void> {
  shop = await openShop({ failsafe, lazy: way.lazy ?? false, transformer: nine })
  await shop.database.sql("update address set merchant_id = 1 where id = 2")
  await shop.database.sql("update address set merchant_id = 9 where id = 4")
}

function unknown({ strategy, relation = "addresses" }: Way, dropped: number) {
  const place = { owner: "Customer", relation, child: "Address", column: "merchantId" }
  return { what: "unknown", ...place, loaded: 4, rows: 1, dropped, strategy }
}

describe("onUnknown", () => {
  it.each(wayNames)("keeps rows of unknown tenant by default and reports them, loaded by %s", async (name) => {
    const way = ways[name]!
    await open(way)

    const { result, leaks } = await collectLeaks(() => withTenant(1, () => way.load(shop)))

    expect(result).toEqual([1, 2, 3, 4])
    expect(leaks.map(essenceOf)).toStrictEqual([unknown(way, 0)])
  })

  it.each(wayNames)("drops them with 'drop' and reports them, loaded by %s", async (name) => {
    const way = ways[name]!
    await open(way, { onUnknown: "drop" })

    const { result, leaks } = await collectLeaks(() => withTenant(1, () => way.load(shop)))

    expect(result).toEqual([1, 2, 3])
    expect(leaks.map(essenceOf)).toStrictEqual([unknown(way, 1)])
  })

  it.each(wayNames)("fails the load with 'throw' and reports them, loaded by %s", async (name) => {
    const way = ways[name]!
    await open(way, { onUnknown: "throw" })

    const { result, leaks } = await collectLeaks(() => rejectionOf(withTenant(1, () => way.load(shop))))

    const relation = way.relation ?? "addresses"
    expect(result).toEqual({
      code: "TENANT_UNKNOWN",
      message:
        `Customer.${relation} loaded rows whose tenant could not be determined, not even by a look-up of merchantId. The rows may ` +
        "have been deleted meanwhile; they were dropped.",
      details: { owner: "Customer", relation, child: "Address", column: "merchantId" },
    })
    expect(leaks.map(essenceOf)).toStrictEqual([unknown(way, 1)])
  })

  it.each(wayNames)("tells foreign rows from unknown ones, loaded by %s", async (name) => {
    const way = ways[name]!
    await open(way)
    await shop.database.sql("update address set merchant_id = 2 where id = 2")

    const { result, leaks } = await collectLeaks(() => withTenant(1, () => way.load(shop)))

    expect(result).toEqual([1, 3, 4])
    expect(leaks.map(essenceOf)).toStrictEqual([{ ...unknown(way, 1), what: "dropped" }, unknown(way, 0)])
  })

  it("looks the unknown ones up in one query, and the known ones not at all", async () => {
    const way = ways["find with relations"]!
    await open(way)

    await collectLeaks(() => withTenant(1, () => way.load(shop)))
    expect(shop.queries).toHaveLength(2)

    await shop.database.sql("update address set merchant_id = 1")
    shop.queries.length = 0
    await collectLeaks(() => withTenant(1, () => way.load(shop)))
    expect(shop.queries).toHaveLength(1)
  })

  it("reports rows of unknown tenant at top level", async () => {
    await open({})

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, () => shop.dataSource.getRepository(shop.Address).findBy({ customer: { id: 1 } })),
    )

    expect(idsOf(result)).toEqual([1, 2, 3, 4])
    const place = { owner: "Address", relation: null, child: "Address", column: "merchantId" }
    expect(leaks.map(essenceOf)).toStrictEqual([
      { what: "unknown", ...place, loaded: 4, rows: 1, dropped: 0, strategy: "join" },
    ])
  })

  it("refuses rows of unknown tenant at top level with roots: 'throw'", async () => {
    await open({}, { roots: "throw" })

    const { result } = await collectLeaks(() =>
      rejectionOf(withTenant(1, () => shop.dataSource.getRepository(shop.Address).findBy({ customer: { id: 1 } }))),
    )

    expect(result).toEqual({
      code: "TENANT_UNKNOWN",
      message:
        "A query for Address returned rows whose tenant could not be determined, not even by a look-up of merchantId. The rows may " +
        "have been deleted meanwhile.",
      details: { entity: "Address", column: "merchantId" },
    })
  })

  it("reports a to-one relation at a row of unknown tenant and keeps it", async () => {
    await open({}, { onUnknown: "drop", references: "throw" })
    await shop.database.sql("update purchase set deliver_to_id = 4 where id = 1")

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, () =>
        shop.dataSource.getRepository(shop.Order).findOneOrFail({ where: { id: 1 }, relations: { deliverTo: true } }),
      ),
    )

    expect(result.deliverTo?.street).toBe("foreign 4")
    const place = { owner: "Order", relation: "deliverTo", child: "Address", column: "merchantId" }
    expect(leaks.map(essenceOf)).toStrictEqual([
      { what: "unknown", ...place, loaded: 1, rows: 1, dropped: 0, strategy: "join" },
    ])
  })
})
