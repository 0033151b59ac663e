import { afterEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant } from "../../src/index.ts"
import type { FailsafeOptions } from "../../src/mikro-orm/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { rejectionOf } from "../core/support/refusal.ts"
import type { DatabaseKind } from "../support/databases.ts"
import { idsOf, openShop, record, seedShop, type Essence, type Shop } from "./support/shop.ts"

let shop: Shop

afterEach(() => shop.close())

async function open(failsafe: Partial<FailsafeOptions> = {}, kind: DatabaseKind = "sqlite"): Promise<void> {
  shop = await openShop(kind, { failsafe })
  await seedShop(shop)
}

interface Row {
  id: number
}

// All addresses of Ada, by each way to ask for them at top level.
const ways: Record<string, (em?: ReturnType<Shop["fork"]>) => Promise<Row[]>> = {
  async find(em = shop.fork()) {
    return await em.find(shop.Address, { customer: 1 })
  },
  async findAndCount(em = shop.fork()) {
    return (await em.findAndCount(shop.Address, { customer: 1 }))[0]
  },
  async findByCursor(em = shop.fork()) {
    return (await em.findByCursor(shop.Address, { where: { customer: 1 }, first: 10, orderBy: { id: "asc" } })).items
  },
  async getResultList(em = shop.fork()) {
    return await em.createQueryBuilder(shop.Address).where({ customer: 1 }).getResultList()
  },
  async getResultAndCount(em = shop.fork()) {
    return (await em.createQueryBuilder(shop.Address).where({ customer: 1 }).getResultAndCount())[0]
  },
}
const names = Object.keys(ways)

function addressRecord(name: string, essence: Partial<Essence>): object {
  return record(
    { what: "root", owner: "Address", child: "Address", ...essence },
    { file: "test/mikro-orm/policies-roots.test.ts", function: name },
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
  it.each(names)("reports foreign rows that %s returns, and returns them", async (name) => {
    await open()

    const { result, leaks } = await collectLeaks(() => withTenant(1, () => ways[name]!()))

    expect(idsOf(result)).toEqual([1, 2, 3, 4])
    expect(leaks).toStrictEqual([addressRecord(name, { loaded: 4, rows: 2 })])
  })

  it.each(names)("refuses foreign rows that %s returns with 'throw', and reports them", async (name) => {
    await open({ roots: "throw" })
    const em = shop.fork()

    const { result, leaks } = await collectLeaks(() => withTenant(1, () => rejectionOf(ways[name]!(em))))

    expect(result).toEqual(refusal)
    expect(leaks).toStrictEqual([addressRecord(name, { loaded: 4, rows: 2 })])
  })

  it.each(names)("leaves the EntityManager usable after it refused %s", async (name) => {
    await open({ roots: "throw" })
    const em = shop.fork()

    await collectLeaks(() =>
      withTenant(1, async () => {
        await rejectionOf(ways[name]!(em))
        shop.queries.length = 0
        await em.flush()
        expect(shop.queries).toEqual([])
        expect(idsOf(await em.find(shop.Address, { merchantId: 1 }))).toEqual([1, 5])
        const [ada] = await em.find(shop.Customer, { id: 1 }, { populate: ["addresses"] })
        expect(idsOf(ada!.addresses)).toEqual([1, 3])
      }),
    )
  })

  it.each(names)("says nothing about foreign rows that %s returns with 'ignore'", async (name) => {
    await open({ roots: "ignore" })

    const { result, leaks } = await collectLeaks(() => withTenant(1, () => ways[name]!()))

    expect(idsOf(result)).toEqual([1, 2, 3, 4])
    expect(leaks).toEqual([])
  })

  it.each(names)("judges nothing that %s returns inside withoutTenant or outside any scope", async (name) => {
    await open({ roots: "throw" })

    const { leaks } = await collectLeaks(async () => {
      expect(idsOf(await ways[name]!())).toEqual([1, 2, 3, 4])
      expect(idsOf(await withoutTenant("support desk", () => ways[name]!()))).toEqual([1, 2, 3, 4])
    })

    expect(leaks).toEqual([])
  })

  it("reports a foreign row that findOne returns", async () => {
    await open()
    async function findTheSecond() {
      return await shop.fork().findOne(shop.Address, { id: 2 })
    }

    const { result, leaks } = await collectLeaks(() => withTenant(1, findTheSecond))

    expect(result?.street).toBe("foreign 2")
    expect(leaks).toStrictEqual([addressRecord("findTheSecond", {})])
  })

  it.each(["findOne", "findOneOrFail"] as const)(
    "refuses a foreign row that %s returns with 'throw'",
    async (method) => {
      await open({ roots: "throw" })

      const { result } = await collectLeaks(() =>
        withTenant(1, () => rejectionOf(shop.fork()[method](shop.Address, { id: 2 }))),
      )

      expect(result).toEqual(refusal)
    },
  )

  // node:sqlite cannot stream.
  it("reports the foreign rows of a stream, and streams them", async () => {
    await open({}, "postgresql")
    const rows: Row[] = []

    const { leaks } = await collectLeaks(() =>
      withTenant(1, async () => {
        for await (const row of shop.fork().stream(shop.Address, { where: { customer: 1 } })) rows.push(row)
      }),
    )

    expect(idsOf(rows)).toEqual([1, 2, 3, 4])
    expect(leaks.map(({ what, owner, relation, rows: count }) => [what, owner, relation, count])).toEqual([
      ["root", "Address", null, 1],
      ["root", "Address", null, 1],
    ])
  })

  it("ends a stream at its first foreign row with 'throw'", async () => {
    await open({ roots: "throw" }, "postgresql")
    const rows: Row[] = []

    const { result } = await collectLeaks(() =>
      rejectionOf(
        withTenant(1, async () => {
          const stream = shop.fork().stream(shop.Address, { where: { customer: 1 }, orderBy: { id: 1 } })
          for await (const row of stream) rows.push(row)
        }),
      ),
    )

    expect(result).toEqual(refusal)
    expect(idsOf(rows)).toEqual([1])
  })

  it("reports the foreign rows of a query builder's stream", async () => {
    await open({}, "postgresql")

    const { leaks } = await collectLeaks(() =>
      withTenant(1, async () => {
        for await (const _ of shop.fork().createQueryBuilder(shop.Address).where({ customer: 1 }).stream());
      }),
    )

    expect(leaks.map(({ what, rows }) => [what, rows])).toEqual([
      ["root", 1],
      ["root", 1],
    ])
  })

  it("looks up in one query whose rows they are when the tenant was not selected", async () => {
    await open()

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, () => shop.fork().find(shop.Address, {}, { fields: ["street"] })),
    )

    expect(idsOf(result)).toEqual([1, 2, 3, 4, 5, 6])
    expect(shop.queries).toHaveLength(2)
    expect(leaks.map(({ what, loaded, rows, dropped }) => [what, loaded, rows, dropped])).toEqual([["root", 6, 3, 0]])
  })

  it("does not show the looked-up column to the application", async () => {
    await open()

    const { result } = await collectLeaks(() =>
      withTenant(1, () => shop.fork().findOneOrFail(shop.Address, { id: 1 }, { fields: ["street"] })),
    )

    expect(JSON.parse(JSON.stringify(result))).toEqual({ id: 1, street: "own 1" })
  })

  it("says nothing about the children that are dropped from a collection: they are no roots", async () => {
    await open({ roots: "throw" })

    const { leaks } = await collectLeaks(() =>
      withTenant(1, () =>
        shop.fork().find(shop.Customer, {}, { populate: ["addresses", "tags"], strategy: "select-in" }),
      ),
    )

    expect(leaks.map(({ what, relation }) => [what, relation])).toEqual([
      ["dropped", "addresses"],
      ["dropped", "tags"],
    ])
  })
})
