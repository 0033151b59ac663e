import { DataloaderType, type Collection } from "@mikro-orm/core"
import { afterEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { idsOf, openShop, seedShop, strategies, type Shop } from "./support/shop.ts"

let shop: Shop

afterEach(() => shop.close())

async function open(config: object = {}): Promise<void> {
  shop = await openShop("sqlite", { config })
  await seedShop(shop)
}

/** What Ada's and Bob's collections hold for the merchants 1 and 2. */
const expected = {
  1: { 1: { addresses: [1, 3], tags: [1, 3] }, 2: { addresses: [5], tags: [] } },
  2: { 1: { addresses: [2, 3, 4], tags: [2, 3] }, 2: { addresses: [6], tags: [2] } },
} as const

interface Row {
  readonly id: number
}

interface Customer extends Row {
  readonly addresses: Collection<Row>
  readonly tags: Collection<Row>
}

async function adaAndBob(em: ReturnType<Shop["fork"]>): Promise<[Customer, Customer]> {
  return (await em.find(shop.Customer, {}, { orderBy: { id: 1 } })) as unknown as [Customer, Customer]
}

/** What a collection shows here and now: its rows, or the code of the refusal. */
function show(read: () => Iterable<Row>): number[] | string {
  try {
    return idsOf(read())
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

describe("a data loader that two tenants share", () => {
  it.each(["addresses", "tags"] as const)(
    "loads %s of different customers for each tenant in the same tick",
    async (name) => {
      await open({ dataloader: DataloaderType.ALL })
      const em = shop.fork()
      const [ada, bob] = await adaAndBob(em)

      const { result } = await collectLeaks(() =>
        Promise.all([
          withTenant(1, async () => idsOf((await ada[name].load()).getItems())),
          withTenant(2, async () => idsOf((await bob[name].load()).getItems())),
        ]),
      )

      expect(result).toEqual([expected[1][1][name], expected[2][2][name]])
    },
  )

  it.each(["addresses", "tags"] as const)(
    "never shows foreign %s of one customer that both load in the same tick",
    async (name) => {
      await open({ dataloader: DataloaderType.ALL })
      const em = shop.fork()
      const [ada] = await adaAndBob(em)
      const load = async (): Promise<number[] | string> => {
        await ada[name].load()
        return show(() => ada[name].getItems())
      }

      const { result } = await collectLeaks(() => Promise.all([withTenant(1, load), withTenant(2, load)]))

      expect([expected[1][1][name], "TENANT_SWITCH"]).toContainEqual(result[0])
      expect([expected[2][1][name], "TENANT_SWITCH"]).toContainEqual(result[1])
      // Whoever was refused loads again.
      const again = async (): Promise<number[] | string> => {
        await ada[name].init()
        return show(() => ada[name].getItems())
      }
      const { result: later } = await collectLeaks(async () => [await withTenant(1, again), await withTenant(2, again)])
      expect(later).toEqual([expected[1][1][name], expected[2][1][name]])
    },
  )

  it.each(["addresses", "tags"] as const)("keeps batching %s within one tenant", async (name) => {
    await open({ dataloader: DataloaderType.ALL })
    const em = shop.fork()
    const [ada, bob] = await adaAndBob(em)
    shop.queries.length = 0

    const { result } = await collectLeaks(() =>
      withTenant(2, () =>
        Promise.all([ada, bob].map(async (customer) => idsOf((await customer[name].load()).getItems()))),
      ),
    )

    expect(result).toEqual([expected[2][1][name], expected[2][2][name]])
    expect(shop.queries).toHaveLength(1)
  })

  it("attributes the records to the tenant whose load it was", async () => {
    await open({ dataloader: DataloaderType.ALL })
    const em = shop.fork()
    const [ada, bob] = await adaAndBob(em)

    const [first, second] = await Promise.all([
      collectLeaks(() => withTenant(1, () => ada.addresses.load())),
      collectLeaks(() => withTenant(2, () => bob.addresses.load())),
    ])

    const tallies = [first, second].map(({ leaks }) =>
      leaks.map(({ what, loaded, rows, dropped }) => [what, loaded, rows, dropped]),
    )
    expect(tallies).toEqual([[["dropped", 4, 2, 2]], [["dropped", 2, 1, 1]]])
  })

  it("counts for each tenant in the same tick", async () => {
    await open({ dataloader: DataloaderType.ALL })
    const em = shop.fork()
    const [ada, bob] = await adaAndBob(em)
    const count = (customer: Customer) => Promise.all([customer.addresses.loadCount(), customer.tags.loadCount()])

    const result = await Promise.all([withTenant(1, () => count(ada)), withTenant(2, () => count(bob))])

    expect(result).toEqual([
      [2, 2],
      [1, 1],
    ])
  })
})

describe("an EntityManager that two tenants share", () => {
  it.each(strategies)("shows each of them its own rows or refuses, loaded %s at the same time", async (strategy) => {
    await open()
    const em = shop.fork()
    const load = async (): Promise<(number[] | string)[]> => {
      try {
        const found = await em.find(
          shop.Customer,
          {},
          { populate: ["addresses", "tags"], strategy, orderBy: { id: 1 } },
        )
        return found.flatMap((customer) => [show(() => customer.addresses), show(() => customer.tags)])
      } catch (error) {
        return Array.from({ length: 4 }, () => (error as { code?: string }).code ?? String(error))
      }
    }

    const { result } = await collectLeaks(() => Promise.all([withTenant(1, load), withTenant(2, load)]))

    for (const [index, tenant] of ([1, 2] as const).entries()) {
      const own = [1, 2].flatMap((id) => [expected[tenant][id as 1].addresses, expected[tenant][id as 1].tags])
      for (const [place, seen] of result[index]!.entries()) expect([own[place], "TENANT_SWITCH"]).toContainEqual(seen)
    }
  })

  it.each(strategies)("shows each of them its own rows, loaded %s one after the other", async (strategy) => {
    await open()
    const em = shop.fork()
    const load = async (): Promise<(number[] | string)[]> => {
      const found = await em.find(shop.Customer, {}, { populate: ["addresses", "tags"], strategy, orderBy: { id: 1 } })
      return found.flatMap((customer) => [show(() => customer.addresses), show(() => customer.tags)])
    }

    const { result } = await collectLeaks(async () => [
      await withTenant(1, load),
      await withTenant(2, load),
      await withoutTenant("support desk", load),
      await withTenant(1, load),
    ])

    expect(result).toEqual([
      [[1, 3], [1, 3], [5], []],
      [[2, 3, 4], [2, 3], [6], [2]],
      [[1, 2, 3, 4], [1, 2, 3], [5, 6], [2]],
      [[1, 3], [1, 3], [5], []],
    ])
  })
})
