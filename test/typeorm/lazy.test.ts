import { afterEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import type { FailsafeOptions } from "../../src/typeorm/index.ts"
import { essenceOf, idsOf } from "./support/lab.ts"
import { openShop, type Customer, type Lazy, type Order, type Profile, type Shop } from "./support/shop.ts"

type LazyCustomer = Lazy<Customer, "addresses" | "tags" | "profile">
type LazyOrder = Lazy<Order, "deliverTo">

let shop: Shop
afterEach(() => shop.close())

async function open(failsafe: Partial<FailsafeOptions> | null = {}): Promise<void> {
  shop = await openShop({ failsafe, lazy: true })
}

async function findAda(): Promise<LazyCustomer> {
  const ada = await shop.dataSource.getRepository(shop.Customer).findOneByOrFail({ id: 1 })
  return ada as unknown as LazyCustomer
}

async function findOrder(id: number): Promise<LazyOrder> {
  const order = await withoutTenant("arrange", () => shop.dataSource.getRepository(shop.Order).findOneByOrFail({ id }))
  return order as unknown as LazyOrder
}

describe("a lazy relation", () => {
  it("drops foreign rows and reports them once, however often it is awaited", async () => {
    await open()

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, async () => {
        const ada = await findAda()
        return [idsOf(await ada.addresses), idsOf(await ada.addresses)]
      }),
    )

    expect(result).toEqual([
      [1, 3],
      [1, 3],
    ])
    const place = { owner: "Customer", relation: "addresses", child: "Address", column: "merchantId" }
    expect(leaks.map(essenceOf)).toStrictEqual([
      { what: "dropped", ...place, loaded: 4, rows: 2, dropped: 2, strategy: "query" },
    ])
  })

  it.each(["tags", "addresses"] as const)("loads once for several that await %s at the same time", async (relation) => {
    await open()

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, async () => {
        const ada = await findAda()
        shop.queries.length = 0
        return Promise.all([ada[relation], ada[relation], ada[relation]])
      }),
    )

    expect(result.map((rows) => idsOf(rows))).toEqual([
      [1, 3],
      [1, 3],
      [1, 3],
    ])
    expect(shop.queries).toHaveLength(1)
    expect(leaks).toHaveLength(1)
  })

  it("is judged by the scope in which it is first read, not by the one in which its owner was loaded", async () => {
    await open()
    const { result } = await collectLeaks(async () => {
      const ada = await withTenant(1, findAda)
      return withTenant(2, () => ada.addresses)
    })

    expect(idsOf(result)).toEqual([2, 3, 4])
  })

  it("reports a foreign row that a lazy to-one relation points at, and returns it", async () => {
    await open()
    const order = await findOrder(1)

    const { result, leaks } = await collectLeaks(() => withTenant(1, () => order.deliverTo))

    expect(result?.street).toBe("foreign 2")
    const place = { owner: "Order", relation: "deliverTo", child: "Address", column: "merchantId" }
    expect(leaks.map(essenceOf)).toStrictEqual([
      { what: "reference", ...place, loaded: 1, rows: 1, dropped: 0, strategy: "query" },
    ])
  })

  it("reports a foreign row behind a lazy inverse 1:1 relation, and returns it", async () => {
    await open()

    const { result, leaks } = await collectLeaks(() => withTenant(1, async () => (await findAda()).profile))

    expect(result?.bio).toBe("foreign 1")
    const place = { owner: "Customer", relation: "profile", child: "Profile", column: "merchantId" }
    expect(leaks.map(essenceOf)).toStrictEqual([
      { what: "reference", ...place, loaded: 1, rows: 1, dropped: 0, strategy: "query" },
    ])
  })

  it("needs no scope for a to-one relation", async () => {
    await open({ references: "throw" })
    const order = await findOrder(1)

    expect((await order.deliverTo)?.street).toBe("foreign 2")
  })
})

describe("a lazy relation that is joined", () => {
  it("drops foreign rows, and has them no more when it is awaited later", async () => {
    await open()

    const { result } = await collectLeaks(() =>
      withTenant(1, async () => {
        const options = { where: { id: 1 }, relations: { addresses: true } } as const
        return await shop.dataSource.getRepository(shop.Customer).findOneOrFail(options)
      }),
    )

    expect(idsOf(await (result as unknown as LazyCustomer).addresses)).toEqual([1, 3])
  })

  it("lets a lazy relation be set to rows and to a promise as TypeORM does", async () => {
    await open()
    const profile = shop.dataSource.getRepository(shop.Profile).create({ id: 9, bio: "own 9", merchantId: 1 })
    const lazy = profile as unknown as Lazy<Profile, "customer">
    const ada = (await findAda()) as unknown as Customer

    lazy.customer = Promise.resolve(ada)

    expect(await lazy.customer).toBe(ada)
  })
})
