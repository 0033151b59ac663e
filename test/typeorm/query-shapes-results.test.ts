import { afterEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { essenceOf, idsOf, type LabOptions } from "./support/lab.ts"
import { openShop, type Shop } from "./support/shop.ts"

let shop: Shop

afterEach(() => shop.close())

async function open(options: LabOptions = {}): Promise<void> {
  shop = await openShop(options)
}

function customers() {
  return shop.dataSource.getRepository(shop.Customer).createQueryBuilder("c")
}

function addresses() {
  return shop.dataSource.getRepository(shop.Address).createQueryBuilder("a")
}

const place = { owner: "Customer", relation: "addresses", child: "Address", column: "merchantId" }

describe("pages", () => {
  it.each([
    ["postgresql", 1],
    ["postgresql", 2],
    ["sqlite", 1],
    ["sqlite", 2],
  ] as const)("on %s have as many owners as asked for, of %s", async (kind, take) => {
    await open({ kind })

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, () =>
        customers()
          .leftJoinAndSelect("c.addresses", "a")
          .leftJoinAndSelect("c.tags", "t")
          .orderBy("c.name", "DESC")
          .skip(0)
          .take(take)
          .getManyAndCount(),
      ),
    )

    expect(result[1]).toBe(2)
    expect(result[0].map((row) => [row.id, idsOf(row.addresses), idsOf(row.tags)])).toEqual(
      [
        [2, [5], []],
        [1, [1, 3], [1, 3]],
      ].slice(0, take),
    )
    expect(leaks.map(({ relation, rows }) => [relation, rows])).toEqual([
      ["addresses", [1, 3][take - 1]],
      ["tags", [1, 2][take - 1]],
    ])
  })

  it("of children that are filtered by the application say nothing", async () => {
    await open({ failsafe: { onLeak: "throw" } })

    const { leaks } = await collectLeaks(() =>
      withTenant(1, () => customers().leftJoinAndSelect("c.addresses", "a", "a.merchant_id = 1").take(2).getMany()),
    )

    expect(leaks).toEqual([])
  })
})

describe("distinct and grouped queries", () => {
  it("by distinctOn on PostgreSQL bring the rows that they bring without the failsafe", async () => {
    await open({ kind: "postgresql" })
    const load = () =>
      addresses()
        .select(["a.id", "a.street"])
        .distinctOn(["a.customer_id"])
        .orderBy({ "a.customer_id": "ASC", "a.id": "ASC" })
        .getMany()
    const vanilla = await withoutTenant("arrange", load)

    const { result, leaks } = await collectLeaks(() => withTenant(2, load))

    expect(result).toEqual(vanilla)
    expect(idsOf(result)).toEqual([1, 5])
    expect(leaks.map(({ what, rows }) => [what, rows])).toEqual([["root", 2]])
  })

  it.each(["postgresql", "sqlite"] as const)(
    "by distinct bring the raw rows that they bring without the failsafe, on %s",
    async (kind) => {
      await open({ kind })
      await shop.database.sql("update address set street = 'same'")
      const load = () => addresses().select("a.street").distinct(true).orderBy("a.id").getRawAndEntities()
      const vanilla = await withoutTenant("arrange", load)

      const { result } = await collectLeaks(() => withTenant(1, load))

      expect(vanilla.raw).toHaveLength(6)
      expect(result.raw).toEqual(vanilla.raw)
      expect(result.entities).toEqual(vanilla.entities)
    },
  )

  it.each(["postgresql", "sqlite"] as const)("by distinct are judged all the same, on %s", async (kind) => {
    await open({ kind })

    const { result } = await collectLeaks(() =>
      withTenant(1, () =>
        customers()
          .leftJoin("c.addresses", "a")
          .select(["c.id", "a.id", "a.street"])
          .distinct(true)
          .where("c.id = 1")
          .getOneOrFail(),
      ),
    )

    expect(idsOf(result.addresses)).toEqual([1, 3])
  })

  it.each(["postgresql", "sqlite"] as const)(
    "by groupBy with having are looked up in one query, on %s",
    async (kind) => {
      await open({ kind })

      const { result, leaks } = await collectLeaks(() =>
        withTenant(1, () =>
          customers()
            .leftJoin("c.addresses", "a")
            .select(["c.id", "a.id"])
            .addSelect("count(*)", "amount")
            .groupBy("c.id")
            .addGroupBy("a.id")
            .having("count(*) > 0")
            .orderBy({ "c.id": "ASC", "a.id": "ASC" })
            .getRawAndEntities(),
        ),
      )

      expect(result.entities.map((row) => idsOf(row.addresses))).toEqual([[1, 3], [5]])
      expect(Object.keys(result.raw[0] as object).toSorted()).toEqual(["a_id", "amount", "c_id"])
      expect(shop.queries).toHaveLength(2)
      expect(leaks.map(essenceOf)).toMatchObject([{ what: "dropped", ...place, loaded: 6, rows: 3, dropped: 3 }])
    },
  )

  it("that lock rows lock and judge them", async () => {
    await open({ kind: "postgresql" })

    const { result } = await collectLeaks(() =>
      withTenant(1, () =>
        shop.dataSource.transaction((manager) =>
          manager
            .createQueryBuilder(shop.Customer, "c")
            .innerJoinAndSelect("c.addresses", "a")
            .setLock("pessimistic_write")
            .where("c.id = 1")
            .getOneOrFail(),
        ),
      ),
    )

    expect(idsOf(result.addresses)).toEqual([1, 3])
  })
})
