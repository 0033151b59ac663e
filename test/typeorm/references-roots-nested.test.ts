import { afterEach, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import type { FailsafeOptions } from "../../src/typeorm/index.ts"
import { essenceOf, idsOf } from "./support/lab.ts"
import { openShop, type Address, type Shop } from "./support/shop.ts"

let shop: Shop

afterEach(() => shop.close())

async function open(failsafe: Partial<FailsafeOptions> = {}): Promise<void> {
  shop = await openShop({ failsafe })
}

describe("references", () => {
  it.each(["join", "query"] as const)(
    "reports a foreign row behind an inverse 1:1 relation, loaded by %s",
    async (strategy) => {
      await open()

      const { result, leaks } = await collectLeaks(() =>
        withTenant(1, () =>
          shop.dataSource
            .getRepository(shop.Customer)
            .find({ relations: { profile: true }, relationLoadStrategy: strategy, order: { id: "ASC" } }),
        ),
      )

      expect(result.map(({ profile }) => profile?.bio)).toEqual(["foreign 1", "own 2"])
      const place = { owner: "Customer", relation: "profile", child: "Profile", column: "merchantId" }
      expect(leaks.map(essenceOf)).toStrictEqual([
        { what: "reference", ...place, loaded: 1, rows: 1, dropped: 0, strategy },
      ])
    },
  )

  it.each(["join", "query"] as const)("reports a foreign row two levels down, loaded by %s", async (strategy) => {
    await open()

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, () =>
        shop.dataSource.getRepository(shop.Order).find({
          where: { id: 2 },
          relations: { deliverTo: { customer: { profile: true } } },
          relationLoadStrategy: strategy,
        }),
      ),
    )

    expect(result[0]?.deliverTo?.customer?.profile?.bio).toBe("foreign 1")
    expect(leaks.map(({ what, owner, relation }) => [what, owner, relation])).toEqual([
      ["reference", "Customer", "profile"],
    ])
  })

  it.each(["join", "query"] as const)(
    "drops the foreign children of a row behind a to-one relation, loaded by %s",
    async (strategy) => {
      await open()

      const { result, leaks } = await collectLeaks(() =>
        withTenant(1, () =>
          shop.dataSource.getRepository(shop.Order).find({
            where: { id: 2 },
            relations: { deliverTo: { customer: { addresses: true } } },
            relationLoadStrategy: strategy,
          }),
        ),
      )

      expect(idsOf(result[0]!.deliverTo!.customer!.addresses)).toEqual([1, 3])
      expect(leaks.map(({ what, relation, loaded, rows }) => [what, relation, loaded, rows])).toEqual([
        ["dropped", "addresses", 4, 2],
      ])
    },
  )

  it.each(["join", "query"] as const)(
    "leaves a foreign row whose tenant is looked up to the root's report, loaded by %s",
    async (strategy) => {
      await open({ entities: { Order: "deliverTo.merchantId" } })

      const { leaks } = await collectLeaks(() =>
        withTenant(1, () =>
          shop.dataSource
            .getRepository(shop.Order)
            .find({ where: { id: 3 }, relations: { deliverTo: true }, relationLoadStrategy: strategy }),
        ),
      )

      expect(leaks.map(({ what, owner }) => [what, owner])).toEqual([["root", "Order"]])
    },
  )

  it.each(["join", "query"] as const)(
    "leaves a foreign row with a foreign row behind its inverse 1:1 relation to the root's report, loaded by %s",
    async (strategy) => {
      await open({ entities: { Customer: "id" } })

      const { leaks } = await collectLeaks(() =>
        withTenant(3, () =>
          shop.dataSource
            .getRepository(shop.Customer)
            .find({ where: { id: 1 }, relations: { profile: true }, relationLoadStrategy: strategy }),
        ),
      )

      expect(leaks.map(({ what, owner }) => [what, owner])).toEqual([["root", "Customer"]])
    },
  )

  it("counts every own row that points at a foreign one once, whatever else is joined", async () => {
    await open()
    await shop.database.sql("update purchase set deliver_to_id = 2")

    const { leaks } = await collectLeaks(() =>
      withTenant(1, () =>
        shop.dataSource
          .getRepository(shop.Order)
          .createQueryBuilder("o")
          .leftJoinAndSelect("o.deliverTo", "a")
          .leftJoinAndSelect("a.orders", "siblings")
          .where("o.merchant_id = 1")
          .getMany(),
      ),
    )

    expect(leaks.map(({ what, relation, loaded, rows }) => [what, relation, loaded, rows])).toEqual([
      ["reference", "deliverTo", 2, 2],
      ["dropped", "orders", 3, 1],
    ])
  })

  it("finds a foreign row by loadOne", async () => {
    await open()

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, () => shop.dataSource.createQueryBuilder().relation("Order", "deliverTo").of(1).loadOne<Address>()),
    )

    expect(result?.id).toBe(2)
    expect(leaks.map(({ what, relation }) => [what, relation])).toEqual([["reference", "deliverTo"]])
  })

  it("does not save a reference that it reported differently", async () => {
    await open()
    const before = await shop.database.sql("select * from profile order by id")

    await collectLeaks(() =>
      withTenant(1, async () => {
        const repository = shop.dataSource.getRepository(shop.Customer)
        const found = await repository.find({ relations: { profile: true } })
        await repository.save(found)
      }),
    )

    expect(await shop.database.sql("select * from profile order by id")).toEqual(before)
  })
})
