import { afterEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import type { FailsafeOptions } from "../../src/typeorm/index.ts"
import { rejectionOf } from "../core/support/refusal.ts"
import { essenceOf } from "./support/lab.ts"
import { openShop, type Address, type Lazy, type Order, type Shop } from "./support/shop.ts"

let shop: Shop

afterEach(() => shop.close())

interface Way {
  readonly strategy: string
  readonly lazy?: true
  readonly relation?: string
  /** Some orders, each with what it is delivered to. */
  load(ids: readonly number[]): Promise<(Address | null)[]>
}

function orders() {
  return shop.dataSource.getRepository(shop.Order).createQueryBuilder("o")
}

async function deliveriesOf(found: Promise<Order[]>, property: "deliverTo" = "deliverTo"): Promise<(Address | null)[]> {
  return (await found).toSorted((a, b) => a.id - b.id).map((order) => order[property])
}

const ways: Record<string, Way> = {
  "find with relations": {
    strategy: "join",
    load: (ids) =>
      deliveriesOf(
        shop.dataSource
          .getRepository(shop.Order)
          .find({ where: ids.map((id) => ({ id })), relations: { deliverTo: true } }),
      ),
  },
  leftJoinAndSelect: {
    strategy: "join",
    load: (ids) =>
      deliveriesOf(
        orders()
          .leftJoinAndSelect("o.deliverTo", "a")
          .whereInIds([...ids])
          .getMany(),
      ),
  },
  'relationLoadStrategy: "query"': {
    strategy: "query",
    load: (ids) =>
      deliveriesOf(
        shop.dataSource
          .getRepository(shop.Order)
          .find({ where: ids.map((id) => ({ id })), relations: { deliverTo: true }, relationLoadStrategy: "query" }),
      ),
  },
  "leftJoinAndMapOne of a relation": {
    strategy: "join",
    load: (ids) =>
      deliveriesOf(
        orders()
          .leftJoinAndMapOne("o.place", "o.deliverTo", "a")
          .whereInIds([...ids])
          .getMany(),
        "place" as "deliverTo",
      ),
  },
  "leftJoinAndMapOne of an entity": {
    strategy: "join",
    relation: "place",
    load: (ids) =>
      deliveriesOf(
        orders()
          .leftJoinAndMapOne("o.place", "Address", "a", "a.id = o.deliver_to_id")
          .whereInIds([...ids])
          .getMany(),
        "place" as "deliverTo",
      ),
  },
  "a lazy relation": {
    strategy: "query",
    lazy: true,
    async load(ids) {
      const found = await orders()
        .whereInIds([...ids])
        .orderBy("o.id")
        .getMany()
      const loaded: (Address | null)[] = []
      for (const order of found as unknown as Lazy<Order, "deliverTo">[]) loaded.push(await order.deliverTo)
      return loaded
    },
  },
}
const names = Object.keys(ways)

async function open(name: string, failsafe: Partial<FailsafeOptions> = {}): Promise<Way> {
  const way = ways[name]!
  shop = await openShop({ failsafe, lazy: way.lazy ?? false })
  return way
}

function reference({ strategy, relation = "deliverTo" }: Way, rows: number) {
  const place = { owner: "Order", relation, child: "Address", column: "merchantId" }
  return { what: "reference", ...place, loaded: rows, rows, dropped: 0, strategy }
}

describe("references", () => {
  it.each(names)(
    "reports an own row that points at a foreign one and leaves both alone, loaded by %s",
    async (name) => {
      const way = await open(name)

      const { result, leaks } = await collectLeaks(() => withTenant(1, () => way.load([1, 2])))

      expect(result).toEqual([
        { id: 2, street: "foreign 2", merchantId: 2 },
        { id: 1, street: "own 1", merchantId: 1 },
      ])
      expect(leaks.map(essenceOf)).toStrictEqual([reference(way, 1)])
    },
  )

  it.each(names)("refuses it with 'throw', and reports it, loaded by %s", async (name) => {
    const way = await open(name, { references: "throw" })

    const { result, leaks } = await collectLeaks(() => withTenant(1, () => rejectionOf(way.load([1]))))

    const relation = way.relation ?? "deliverTo"
    expect(result).toEqual({
      code: "REFERENCE_FOREIGN",
      message:
        `Order.${relation} points at a row of another tenant. The reference was left as it is; correct the stored key, or read ` +
        "it in withoutTenant(reason, fn) if it is meant.",
      details: { owner: "Order", relation, child: "Address", column: "merchantId" },
    })
    expect(leaks.map(essenceOf)).toStrictEqual([reference(way, 1)])
  })

  it.each(names)("stays usable after it was refused, and writes nothing, loaded by %s", async (name) => {
    const way = await open(name, { references: "throw" })
    const before = await shop.database.sql("select * from purchase order by id")

    await collectLeaks(async () => {
      await rejectionOf(withTenant(1, () => way.load([1])))
      expect(await withTenant(1, () => way.load([2]))).toMatchObject([{ id: 1 }])
    })

    expect(await shop.database.sql("select * from purchase order by id")).toEqual(before)
  })

  it.each(names)(
    "leaves a foreign row that points at a foreign one to the root's report, loaded by %s",
    async (name) => {
      const way = await open(name)

      const { leaks } = await collectLeaks(() => withTenant(1, () => way.load([3])))

      expect(leaks.map(({ what, owner }) => [what, owner])).toEqual([["root", "Order"]])
    },
  )

  it.each(names)(
    "does not take a row for own because another one points at the same address, loaded by %s",
    async (name) => {
      const way = await open(name)
      await shop.database.sql("update purchase set deliver_to_id = 4")

      const { leaks } = await collectLeaks(() => withTenant(1, () => way.load([1, 2])))

      expect(leaks.reduce((rows, leak) => rows + leak.rows, 0)).toBe(2)
    },
  )

  it.each(names)("says nothing about a shared row and about none, loaded by %s", async (name) => {
    const way = await open(name, { references: "throw" })
    await shop.database.sql("update purchase set deliver_to_id = 3 where id = 1")
    await shop.database.sql("update purchase set deliver_to_id = null where id = 2")

    const { result, leaks } = await collectLeaks(() => withTenant(1, () => way.load([1, 2])))

    expect(result).toMatchObject([{ id: 3 }, null])
    expect(leaks).toEqual([])
  })

  it.each(names)("judges nothing inside withoutTenant or outside any scope, loaded by %s", async (name) => {
    const way = await open(name, { references: "throw", roots: "throw" })

    const { leaks } = await collectLeaks(async () => {
      expect(await way.load([1, 3])).toHaveLength(2)
      expect(await withoutTenant("support desk", () => way.load([1, 3]))).toHaveLength(2)
    })

    expect(leaks).toEqual([])
  })
})
