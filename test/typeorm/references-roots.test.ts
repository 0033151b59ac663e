import { afterEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import type { FailsafeOptions } from "../../src/typeorm/index.ts"
import { rejectionOf } from "../core/support/refusal.ts"
import { idsOf, record, type Essence } from "./support/lab.ts"
import { openShop, type Address, type Shop } from "./support/shop.ts"

let shop: Shop

afterEach(() => shop.close())

async function open(failsafe: Partial<FailsafeOptions> | null = {}): Promise<void> {
  shop = await openShop({ failsafe })
}

// All addresses of Ada, by each way to ask for them at top level.
const ways: Record<string, () => Promise<Address[]>> = {
  async find() {
    return await shop.dataSource.getRepository(shop.Address).find({ where: { customer: { id: 1 } } })
  },
  async findBy() {
    return await shop.dataSource.getRepository(shop.Address).findBy({ customer: { id: 1 } })
  },
  async findAndCount() {
    return (await shop.dataSource.getRepository(shop.Address).findAndCount({ where: { customer: { id: 1 } } }))[0]
  },
  async findAndCountBy() {
    return (await shop.dataSource.getRepository(shop.Address).findAndCountBy({ customer: { id: 1 } }))[0]
  },
  async findWithTake() {
    const options = { where: { customer: { id: 1 } }, take: 4, relations: { orders: true } } as const
    await shop.database.sql("delete from purchase")
    return await shop.dataSource.getRepository(shop.Address).find(options)
  },
  async findInManager() {
    return await shop.dataSource.manager.find(shop.Address, { where: { customer: { id: 1 } } })
  },
  async getMany() {
    return await shop.dataSource
      .getRepository(shop.Address)
      .createQueryBuilder("a")
      .where("a.customer_id = 1")
      .getMany()
  },
  async getManyAndCount() {
    const query = shop.dataSource.getRepository(shop.Address).createQueryBuilder("a").where("a.customer_id = 1")
    return (await query.getManyAndCount())[0]
  },
  async getRawAndEntities() {
    const query = shop.dataSource.getRepository(shop.Address).createQueryBuilder("a").where("a.customer_id = 1")
    return (await query.getRawAndEntities()).entities
  },
  async findPartially() {
    const options = { where: { customer: { id: 1 } }, select: { id: true, street: true } } as const
    return await shop.dataSource.getRepository(shop.Address).find(options)
  },
}
const names = Object.keys(ways)

function rootRecord(name: string, essence: Partial<Essence>): object {
  return record(
    { what: "root", owner: "Address", child: "Address", strategy: "join", ...essence },
    { file: "test/typeorm/references-roots.test.ts", function: name },
  )
}

const refusal = {
  code: "ROOT_FOREIGN",
  message:
    "A query for Address returned rows of another tenant. Add { merchantId: requireTenant() } to its condition, or run it in " +
    "withoutTenant(reason, fn) if it must see every tenant.",
  details: { entity: "Address", column: "merchantId" },
}

describe("roots", () => {
  it.each(names)("reports foreign rows that %s returns, and returns them as they are", async (name) => {
    await open(null)
    const vanilla = await ways[name]!()
    await shop.close()
    await open()

    const { result, leaks } = await collectLeaks(() => withTenant(1, () => ways[name]!()))

    expect(JSON.stringify(result)).toBe(JSON.stringify(vanilla))
    expect(idsOf(result)).toEqual([1, 2, 3, 4])
    expect(leaks).toStrictEqual([rootRecord(name, { loaded: 4, rows: 2 })])
  })

  it.each(names)("refuses foreign rows that %s returns with 'throw', and reports them", async (name) => {
    await open({ roots: "throw" })

    const { result, leaks } = await collectLeaks(() => withTenant(1, () => rejectionOf(ways[name]!())))

    expect(result).toEqual(refusal)
    expect(leaks).toStrictEqual([rootRecord(name, { loaded: 4, rows: 2 })])
  })

  it.each(names)("says nothing about foreign rows that %s returns with 'ignore'", async (name) => {
    await open({ roots: "ignore" })

    const { result, leaks } = await collectLeaks(() => withTenant(1, () => ways[name]!()))

    expect(idsOf(result)).toEqual([1, 2, 3, 4])
    expect(leaks).toEqual([])
  })

  it.each(names)("judges nothing that %s returns inside withoutTenant or outside any scope", async (name) => {
    // One of the ways loads a relation, too.
    await open({ roots: "throw", noTenant: "allow" })

    const { leaks } = await collectLeaks(async () => {
      expect(idsOf(await ways[name]!())).toEqual([1, 2, 3, 4])
      expect(idsOf(await withoutTenant("support desk", () => ways[name]!()))).toEqual([1, 2, 3, 4])
    })

    expect(leaks).toEqual([])
  })

  it.each(["findOne", "findOneOrFail", "findOneBy", "findOneByOrFail"] as const)(
    "reports a foreign row that %s returns, and refuses it with 'throw'",
    async (method) => {
      await open()
      async function findTheSecond() {
        const repository = shop.dataSource.getRepository(shop.Address)
        return method === "findOne" || method === "findOneOrFail"
          ? await repository[method]({ where: { id: 2 } })
          : await repository[method]({ id: 2 })
      }

      const { result, leaks } = await collectLeaks(() => withTenant(1, findTheSecond))
      expect(result).toEqual({ id: 2, street: "foreign 2", merchantId: 2 })
      expect(leaks).toStrictEqual([rootRecord("findTheSecond", {})])

      await shop.close()
      await open({ roots: "throw" })
      expect((await collectLeaks(() => withTenant(1, () => rejectionOf(findTheSecond())))).result).toEqual(refusal)
    },
  )

  it("reports a foreign row that preload finds, and merges into it as it does without the failsafe", async () => {
    await open()
    async function preloadTheSecond() {
      return await shop.dataSource.getRepository(shop.Address).preload({ id: 2, street: "new" })
    }

    const { result, leaks } = await collectLeaks(() => withTenant(1, preloadTheSecond))

    expect(result).toEqual({ id: 2, street: "new", merchantId: 2 })
    expect(leaks).toStrictEqual([rootRecord("preloadTheSecond", {})])
  })

  it("refuses a foreign row that preload finds with 'throw'", async () => {
    await open({ roots: "throw" })

    const { result } = await collectLeaks(() =>
      withTenant(1, () => rejectionOf(shop.dataSource.getRepository(shop.Address).preload({ id: 2, street: "new" }))),
    )

    expect(result).toEqual(refusal)
  })

  it("says nothing about own and shared rows", async () => {
    await open({ roots: "throw" })

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, () => shop.dataSource.getRepository(shop.Address).findBy([{ merchantId: 1 }, { id: 3 }])),
    )

    expect(idsOf(result)).toEqual([1, 3, 5])
    expect(leaks).toEqual([])
  })

  it.each(["join", "query"] as const)(
    "says nothing about children loaded by %s: they are no roots",
    async (strategy) => {
      await open({ roots: "throw" })

      const { leaks } = await collectLeaks(() =>
        withTenant(1, () =>
          shop.dataSource
            .getRepository(shop.Customer)
            .find({ relations: { addresses: true, tags: true }, relationLoadStrategy: strategy }),
        ),
      )

      expect(leaks.map(({ what, relation }) => [what, relation])).toEqual([
        ["dropped", "addresses"],
        ["dropped", "tags"],
      ])
    },
  )

  it("judges the children of a foreign root like any other", async () => {
    await open()
    await shop.database.sql("update purchase set deliver_to_id = 2")

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, () =>
        shop.dataSource.getRepository(shop.Address).findOneOrFail({ where: { id: 2 }, relations: { orders: true } }),
      ),
    )

    expect(idsOf(result.orders)).toEqual([1, 2])
    expect(leaks.map(({ what, relation, rows }) => [what, relation, rows])).toEqual([
      ["root", null, 1],
      ["dropped", "orders", 1],
    ])
  })
})
