import { afterEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant, withTenants } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import type { FailsafeOptions } from "../../src/typeorm/index.ts"
import { rejectionOf } from "../core/support/refusal.ts"
import { record, type Essence } from "./support/lab.ts"
import { openShop, type Shop } from "./support/shop.ts"
import { wayNames, ways, type Way } from "./support/shop-ways.ts"

let shop: Shop

afterEach(() => shop.close())

async function open(way: Way, failsafe: Partial<FailsafeOptions> | null = {}): Promise<void> {
  shop = await openShop({ failsafe, lazy: way.lazy ?? false })
}

function adaRecord({ strategy, relation = "addresses" }: Way, essence: Partial<Essence>): object {
  return record(
    { what: "dropped", owner: "Customer", relation, child: "Address", strategy, loaded: 4, ...essence },
    { file: "test/typeorm/support/shop-ways.ts", function: "load" },
  )
}

function detailsOf({ relation = "addresses" }: Way) {
  return { owner: "Customer", relation, child: "Address", column: "merchantId" }
}

describe("onLeak", () => {
  it.each(wayNames)("without the failsafe, %s leaks", async (name) => {
    const way = ways[name]!
    await open(way, null)

    expect(await withTenant(1, () => way.load(shop))).toEqual([1, 2, 3, 4])
  })

  it.each(wayNames)("drops foreign rows by default and reports them once, loaded by %s", async (name) => {
    const way = ways[name]!
    await open(way)

    const { result, leaks } = await collectLeaks(() => withTenant(1, () => way.load(shop)))

    expect(result).toEqual([1, 3])
    expect(leaks).toStrictEqual([adaRecord(way, { rows: 2, dropped: 2 })])
  })

  it.each(wayNames)("keeps foreign rows and reports them with 'report', loaded by %s", async (name) => {
    const way = ways[name]!
    await open(way, { onLeak: "report" })

    const { result, leaks } = await collectLeaks(() => withTenant(1, () => way.load(shop)))

    expect(result).toEqual([1, 2, 3, 4])
    expect(leaks).toStrictEqual([adaRecord(way, { what: "kept", rows: 2 })])
  })

  it.each(wayNames)("fails the load with 'throw' and reports it, loaded by %s", async (name) => {
    const way = ways[name]!
    await open(way, { onLeak: "throw" })

    const { result, leaks } = await collectLeaks(() => rejectionOf(withTenant(1, () => way.load(shop))))

    expect(result).toEqual({
      code: "LEAK_DETECTED",
      message:
        `Customer.${way.relation ?? "addresses"} loaded rows of another tenant. Filter the relation by merchantId where it is ` +
        "loaded; the leak record names the place. The foreign rows were dropped.",
      details: detailsOf(way),
    })
    expect(leaks).toStrictEqual([adaRecord(way, { rows: 2, dropped: 2 })])
  })

  it.each(wayNames)("says nothing with 'throw' where no row is foreign, loaded by %s", async (name) => {
    const way = ways[name]!
    await open(way, { onLeak: "throw" })
    await shop.database.sql("update address set merchant_id = 1 where id in (2, 4)")

    const { result, leaks } = await collectLeaks(() => withTenant(1, () => way.load(shop)))

    expect(result).toEqual([1, 2, 3, 4])
    expect(leaks).toEqual([])
  })

  it.each(wayNames)("judges nothing inside withoutTenant, loaded by %s", async (name) => {
    const way = ways[name]!
    await open(way, { onLeak: "throw" })

    const { result, leaks } = await collectLeaks(() => withoutTenant("support desk", () => way.load(shop)))

    expect(result).toEqual([1, 2, 3, 4])
    expect(leaks).toEqual([])
  })

  it.each(wayNames)("takes the rows of a whole set of tenants for own, loaded by %s", async (name) => {
    const way = ways[name]!
    await open(way, { onLeak: "throw" })

    const { result } = await collectLeaks(() => withTenants([1, 2], "group report", () => way.load(shop)))

    expect(result).toEqual([1, 2, 3, 4])
  })
})

describe("noTenant", () => {
  it.each(wayNames)("refuses to load outside any scope by default, loaded by %s", async (name) => {
    const way = ways[name]!
    await open(way)

    const { result, leaks } = await collectLeaks(() => rejectionOf(way.load(shop)))

    expect(result).toEqual({
      code: "TENANT_MISSING",
      message: expect.stringMatching(
        new RegExp(
          `^Customer.${way.relation ?? "addresses"} was loaded outside any tenant scope, in .+[.?] Wrap the caller in ` +
            "withTenant\\(id, fn\\), or in withoutTenant\\(reason, fn\\) if it must see every tenant\\.$",
        ),
      ) as string,
      details: { ...detailsOf(way), entryPoint: expect.stringMatching(/^test\/typeorm\/.+:\d+$/) as string },
    })
    expect(leaks).toStrictEqual([adaRecord(way, { what: "no-tenant", rows: 4 })])
  })

  it.each(wayNames)("refuses a relation without rows as well, loaded by %s", async (name) => {
    const way = ways[name]!
    await open(way)
    await shop.database.sql("update address set customer_id = 2")

    const { result } = await collectLeaks(() => rejectionOf(way.load(shop)))

    expect(result).toMatchObject({ code: "TENANT_MISSING", details: detailsOf(way) })
  })

  it.each(wayNames)("loads everything and reports it with 'report', loaded by %s", async (name) => {
    const way = ways[name]!
    await open(way, { noTenant: "report" })

    const { result, leaks } = await collectLeaks(() => way.load(shop))

    expect(result).toEqual([1, 2, 3, 4])
    expect(leaks).toStrictEqual([adaRecord(way, { what: "no-tenant", rows: 4 })])
  })

  it.each(wayNames)("loads everything in silence with 'allow', loaded by %s", async (name) => {
    const way = ways[name]!
    await open(way, { noTenant: "allow" })

    const { result, leaks } = await collectLeaks(() => way.load(shop))

    expect(result).toEqual([1, 2, 3, 4])
    expect(leaks).toEqual([])
  })

  it("lets entities load without their guarded relations outside any scope", async () => {
    await open({} as Way)

    const { leaks } = await collectLeaks(async () => {
      expect(await shop.dataSource.getRepository(shop.Address).find()).toHaveLength(6)
      expect(await shop.dataSource.getRepository(shop.Customer).find()).toHaveLength(2)
    })

    expect(leaks).toEqual([])
  })
})
