import type { DataSource } from "typeorm"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { bindTenantIterable, withoutTenant, withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { all, idsOf, own, writeCrowd } from "./support/graph-crowd.ts"
import { childrenOf, type Entity } from "./support/graph-held.ts"
import { openGraphShop, type GraphShop } from "./support/graph-shop.ts"

// What begins in the scope of one tenant goes on in another one's.

let shop: GraphShop
let plain: DataSource
let lazy: DataSource

beforeAll(async () => {
  shop = await openGraphShop("postgresql")
  plain = await shop.open("guarded", "plain", { extra: { max: 4 } })
  lazy = await shop.open("guarded", "lazy", { extra: { max: 4 } })
})

beforeEach(() => writeCrowd(shop.database))

afterAll(() => shop?.close())

const customer = (dataSource: DataSource): Promise<Entity> =>
  dataSource.manager.findOneByOrFail<Entity>("Customer", { id: 1 })

async function notesOf(found: Entity): Promise<number[]> {
  return idsOf(await (found["notes"] as Promise<Entity[]>))
}

describe("a lazy relation", () => {
  it("belongs to the scope that awaits it first, wherever its owner was loaded", async () => {
    const { result } = await collectLeaks(async () => {
      const found = await withTenant(1, () => customer(lazy))
      return withTenant(2, () => notesOf(found))
    })

    expect(result).toEqual(own(1, 2))
  })

  it("of an entity per request shows each tenant its own rows, awaited at the same time", async () => {
    const { result } = await collectLeaks(async () => {
      const found = await Promise.all([1, 2, 3].map((tenant) => withTenant(tenant, () => customer(lazy))))
      return Promise.all(found.map((one, index) => withTenant(index + 1, () => notesOf(one))))
    })

    expect(result).toEqual([own(1, 1), own(1, 2), own(1, 3)])
  })

  it("that was loaded for one tenant loses no row when it is saved by another, or past the failsafe", async () => {
    const { result: found } = await collectLeaks(() =>
      withTenant(1, async () => {
        const one = await customer(lazy)
        await notesOf(one)
        return one
      }),
    )
    const before = await shop.database.sql("select *, xmin::text from note order by id")

    await collectLeaks(async () => {
      await withTenant(2, () => lazy.manager.save("Customer", found))
      await withoutTenant("support desk", () => lazy.manager.save("Customer", found))
    })

    expect(await shop.database.sql("select *, xmin::text from note order by id")).toEqual(before)
  })

  it("can be awaited again where it was refused for want of a scope", async () => {
    const found = await withTenant(1, () => customer(lazy))

    await expect(notesOf(found)).rejects.toMatchObject({ code: "TENANT_MISSING" })

    const { result } = await collectLeaks(() => withTenant(1, () => notesOf(found)))
    expect(result).toEqual(own(1, 1))
  })
})

describe("a query builder", () => {
  it("belongs to the scope that runs it, wherever it was built", async () => {
    const builder = withTenant(1, () =>
      plain.manager.createQueryBuilder<Entity>("Customer", "c").leftJoinAndSelect("c.notes", "n").where("c.id = 1"),
    )

    const { result } = await collectLeaks(() => withTenant(2, () => builder.getOneOrFail()))

    expect(idsOf(childrenOf(result, "notes")!)).toEqual(own(1, 2))
  })
})

describe("a transaction", () => {
  it("serves tenants one after the other, each with its own rows", async () => {
    const find = { where: { id: 1 }, relations: { notes: true } }
    const { result } = await collectLeaks(() =>
      plain.transaction(async (manager) => {
        const seen: number[][] = []
        for (const tenant of [1, 2, 3]) {
          const found = await withTenant(tenant, () => manager.findOneOrFail<Entity>("Customer", find))
          seen.push(idsOf(childrenOf(found, "notes")!))
        }
        const everything = await withoutTenant("support desk", () => manager.findOneOrFail<Entity>("Customer", find))
        return [...seen, idsOf(childrenOf(everything, "notes")!)]
      }),
    )

    expect(result).toEqual([own(1, 1), own(1, 2), own(1, 3), all(1)])
  })

  it("that fails for one tenant leaves the rows of all as they were", async () => {
    const before = await shop.database.sql("select *, xmin::text from note order by id")

    const failing = collectLeaks(() =>
      plain.transaction(async (manager) => {
        const found = await withTenant(1, () =>
          manager.findOneOrFail<Entity>("Customer", { where: { id: 1 }, relations: { notes: true } }),
        )
        found["notes"] = []
        await withTenant(1, () => manager.save("Customer", found))
        throw new Error("later")
      }),
    )

    await expect(failing).rejects.toThrow("later")
    expect(await shop.database.sql("select *, xmin::text from note order by id")).toEqual(before)
  })
})

describe("a generator that loads page by page", () => {
  async function* pages() {
    for (let id = 1; id <= 3; id++) {
      const where = { id }
      yield plain.manager.findOneOrFail<Entity>("Customer", { where, relations: { notes: true } })
    }
  }

  it("shows the rows of the tenant that bound it, pulled by another one", async () => {
    const { result } = await collectLeaks(async () => {
      const bound = withTenant(1, () => bindTenantIterable(pages()))
      return withTenant(2, async () => {
        const seen: number[][] = []
        for await (const found of bound) seen.push(idsOf(childrenOf(found, "notes")!))
        return seen
      })
    })

    expect(result).toEqual([own(1, 1), own(2, 1), own(3, 1)])
  })
})
