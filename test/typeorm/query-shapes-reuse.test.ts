import { afterEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { idsOf, type LabOptions } from "./support/lab.ts"
import { openShop, type Customer, type Shop } from "./support/shop.ts"

let shop: Shop

afterEach(() => shop.close())

async function open(options: LabOptions = {}): Promise<void> {
  shop = await openShop(options)
}

function customers() {
  return shop.dataSource.getRepository(shop.Customer).createQueryBuilder("c")
}

describe("a query cache", () => {
  it("under one id serves every scope its own rows", async () => {
    await open({ config: { cache: true } })
    const load = () =>
      shop.dataSource.getRepository(shop.Customer).findOneOrFail({
        where: { id: 1 },
        relations: { addresses: true, tags: true },
        cache: { id: "ada", milliseconds: 60_000 },
      })
    const ids = async () => idsOf((await load()).addresses)

    const { result } = await collectLeaks(async () => [
      await withTenant(1, ids),
      await withTenant(2, ids),
      await withoutTenant("support desk", ids),
      await withTenant(1, ids),
    ])

    expect(result).toEqual([
      [1, 3],
      [2, 3, 4],
      [1, 2, 3, 4],
      [1, 3],
    ])
  })

  it("that was filled in a bypass shows no foreign row later", async () => {
    await open({ config: { cache: true } })
    const query = () =>
      customers()
        .leftJoin("c.addresses", "a")
        .select(["c.id", "a.id"])
        .where("c.id = 1")
        .cache("ada", 60_000)
        .getOneOrFail()
    await withoutTenant("support desk", query)

    const { result, leaks } = await collectLeaks(() => withTenant(1, query))

    expect(idsOf(result.addresses)).toEqual([1, 3])
    expect(leaks.map(({ what }) => what)).toEqual(["dropped"])
  })

  it("keeps what the failsafe reads out of the entities and the raw rows", async () => {
    await open({ config: { cache: true } })
    const query = () =>
      customers()
        .leftJoin("c.addresses", "a")
        .select(["c.id", "a.id"])
        .cache("ada", 60_000)
        .getRawAndEntities<{ c_id: number; a_id: number }>()
    const first = await collectLeaks(() => withTenant(1, query))

    const second = await collectLeaks(() => withTenant(1, query))

    expect(second.result).toEqual(first.result)
    expect(Object.keys(second.result.raw[0]!)).toEqual(["c_id", "a_id"])
  })
})

describe("a query builder", () => {
  it("that is executed twice is judged twice, each time by its scope", async () => {
    await open()
    const query = customers().leftJoinAndSelect("c.addresses", "a").where("c.id = 1")

    const { result } = await collectLeaks(async () => {
      const seen: Customer[] = []
      for (const tenant of [1, 2]) seen.push(await withTenant(tenant, () => query.getOneOrFail()))
      seen.push(await withoutTenant("support desk", () => query.getOneOrFail()))
      return seen
    })

    expect(result.map((row) => idsOf(row.addresses))).toEqual([
      [1, 3],
      [2, 3, 4],
      [1, 2, 3, 4],
    ])
  })

  it("has the SQL that it has without the failsafe, before and after it ran", async () => {
    await open()
    const query = customers().leftJoin("c.addresses", "a").select(["c.id", "a.id"]).where("c.id = 1")
    const before = query.getSql()

    await collectLeaks(() => withTenant(1, () => query.getMany()))

    expect(query.getSql()).toBe(before)
    expect(shop.queries).not.toContain(before)
  })

  it("selects nothing more where the tenants are selected anyway", async () => {
    await open()
    const query = customers().leftJoinAndSelect("c.addresses", "a").where("c.id = 1")

    await collectLeaks(() => withTenant(1, () => query.getMany()))

    expect(shop.queries).toEqual([query.getSql()])
  })
})
