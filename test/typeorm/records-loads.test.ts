import { EventSubscriber } from "typeorm"
import { afterEach, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { openShop, type Shop } from "./support/shop.ts"

let shop: Shop

afterEach(() => shop.close())

async function open(): Promise<void> {
  shop = await openShop()
}

function customers() {
  return shop.dataSource.getRepository(shop.Customer)
}

const relations = { addresses: true } as const

describe("a record", () => {
  it("is one for each relation and load, in the order in which they are loaded", async () => {
    await open()

    const { leaks } = await collectLeaks(() =>
      withTenant(1, () =>
        customers().find({
          relations: { addresses: { orders: true }, tags: { customers: { addresses: true } }, profile: true },
        }),
      ),
    )

    expect(leaks.map(({ owner, relation }) => `${owner}.${relation}`).toSorted()).toEqual([
      "Customer.addresses",
      "Customer.profile",
      "Customer.tags",
    ])
  })

  it.each(["join", "query"] as const)(
    "is one, however many owners have foreign rows and however deep, loaded by %s",
    async (strategy) => {
      await open()

      const { leaks } = await collectLeaks(() =>
        withTenant(1, () =>
          customers().find({
            relations: { addresses: true, tags: { customers: { addresses: true, tags: true } } },
            relationLoadStrategy: strategy,
          }),
        ),
      )

      expect(leaks.map(({ owner, relation, events }) => `${events} ${owner}.${relation}`).toSorted()).toEqual([
        "1 Customer.addresses",
        "1 Customer.tags",
      ])
    },
  )

  it("has one fingerprint for one place, and another for another", async () => {
    await open()
    const first = async () => customers().find({ relations: { addresses: true } })
    const second = async () => customers().find({ relations: { addresses: true } })

    const { leaks } = await collectLeaks(() =>
      withTenant(1, async () => {
        await first()
        await first()
        await second()
      }),
    )

    const [one, again, other] = leaks.map(({ fingerprint }) => fingerprint)
    expect(again).toBe(one)
    expect(other).not.toBe(one)
  })

  it("is published for a load that a listener planned and that begins after the one in which it began", async () => {
    const firstIsOver = Promise.withResolvers<void>()
    let second: Promise<unknown> | undefined
    @EventSubscriber()
    class Listener {
      afterLoad(): void {
        second ??= firstIsOver.promise.then(() => customers().find({ relations }))
      }
    }
    shop = await openShop({ config: { subscribers: [Listener] } })

    const { leaks } = await collectLeaks(() =>
      withTenant(1, async () => {
        await customers().find()
        firstIsOver.resolve()
        await second
      }),
    )

    expect(leaks.map(({ what, relation }) => [what, relation])).toEqual([["dropped", "addresses"]])
  })

  it.each(["join", "query"] as const)(
    "is published for a load by %s that a listener began and that ends after the one in which it began",
    async (relationLoadStrategy) => {
      let second: Promise<unknown> | undefined
      @EventSubscriber()
      class Listener {
        afterLoad(): void {
          second ??= customers().find({ relations, relationLoadStrategy })
        }
      }
      shop = await openShop({ config: { subscribers: [Listener] } })

      const { leaks } = await collectLeaks(() =>
        withTenant(1, async () => {
          await customers().find()
          await second
        }),
      )

      expect(leaks.map(({ what, relation }) => [what, relation])).toEqual([["dropped", "addresses"]])
    },
  )

  it("is published for each of two loads that run at the same time, in its own scope", async () => {
    await open()
    const load = () => customers().find({ where: { id: 1 }, relations: { addresses: true } })

    const [one, other] = await Promise.all([
      collectLeaks(() => withTenant(1, load)),
      collectLeaks(() => withTenant(2, load)),
    ])

    expect([one.leaks, other.leaks].map((leaks) => leaks.map(({ rows }) => rows))).toEqual([[2], [1]])
  })
})
