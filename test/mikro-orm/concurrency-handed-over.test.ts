import type { Collection } from "@mikro-orm/core"
import { afterEach, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { refusalOf, type Refusal } from "../core/support/refusal.ts"
import { idsOf, openShop, seedShop, type Shop } from "./support/shop.ts"

// What was loaded for one tenant reaches code that runs for another one.

let shop: Shop

afterEach(() => shop.close())

async function open(kind: "postgresql" | "sqlite"): Promise<void> {
  shop = await openShop(kind)
  await seedShop(shop)
}

interface Row {
  readonly id: number
}

interface Customer extends Row {
  readonly addresses: Collection<Row>
}

const otherScope: Refusal = {
  code: "TENANT_SWITCH",
  message:
    "Customer.addresses was loaded in another tenant's scope and cannot be read in this one. Load it again here (await " +
    "customer.addresses.init()), or use one EntityManager per request (em.fork()).",
  details: { owner: "Customer", relation: "addresses", child: "Address", column: "merchantId" },
}

describe("a promise that two tenants share", () => {
  it("refuses the second tenant what was loaded for the first", async () => {
    await open("sqlite")
    const em = shop.fork()
    let memoised: Promise<unknown> | undefined
    const ada = (): Promise<Customer> =>
      (memoised ??= em.findOneOrFail(shop.Customer, { id: 1 }, { populate: ["addresses"] })) as Promise<Customer>

    const { result } = await collectLeaks(async () => {
      const own = await withTenant(1, async () => idsOf((await ada()).addresses))
      const refusal = await withTenant(2, async () => {
        const customer = await ada()
        return refusalOf(() => customer.addresses.getItems())
      })
      const stillOwn = await withTenant(1, async () => idsOf((await ada()).addresses))
      return { own, refusal, stillOwn }
    })

    expect(result).toEqual({ own: [1, 3], refusal: otherScope, stillOwn: [1, 3] })
  })

  it.each<[string, (addresses: Collection<Row>) => unknown]>([
    ["getItems()", (addresses) => addresses.getItems()],
    ["iteration", (addresses) => [...addresses]],
    ["toArray()", (addresses) => addresses.toArray()],
    ["getIdentifiers()", (addresses) => addresses.getIdentifiers()],
    ["contains()", (addresses) => addresses.contains({ id: 1 })],
    ["isEmpty()", (addresses) => addresses.isEmpty()],
    ["count()", (addresses) => addresses.count()],
    ["length", (addresses) => addresses.length],
    ["toJSON()", (addresses) => addresses.toJSON()],
  ])("refuses the second tenant by %s", async (_, read) => {
    await open("sqlite")
    const { result: ada } = await collectLeaks(() =>
      withTenant(1, () => shop.fork().findOneOrFail(shop.Customer, { id: 1 }, { populate: ["addresses"] })),
    )

    expect(withTenant(2, () => refusalOf(() => read(ada.addresses)))).toEqual(otherScope)
  })

  it("serialises nothing of the first tenant for the second", async () => {
    await open("sqlite")
    const { result: ada } = await collectLeaks(() =>
      withTenant(1, () => shop.fork().findOneOrFail(shop.Customer, { id: 1 }, { populate: ["addresses"] })),
    )

    const shown = withTenant(2, () => {
      try {
        return JSON.stringify(ada)
      } catch {
        return "refused"
      }
    })

    expect(shown).not.toContain("own 1")
  })

  it("can be read after the scope has ended, and inside the same one", async () => {
    await open("sqlite")
    const { result: ada } = await collectLeaks(() =>
      withTenant(1, () => shop.fork().findOneOrFail(shop.Customer, { id: 1 }, { populate: ["addresses"] })),
    )

    expect(idsOf(ada.addresses)).toEqual([1, 3])
    expect(withTenant("1", () => idsOf(ada.addresses))).toEqual([1, 3])
  })
})

describe("a stream that one tenant makes and another reads", () => {
  it("holds the rows of the tenant that made it, and refuses them to the reader", async () => {
    await open("postgresql")
    const inner = await collectLeaks(() =>
      withTenant(1, () => ({
        stream: shop.fork().stream(shop.Customer, { populate: ["addresses"], orderBy: { id: 1 } }),
      })),
    )
    const seen: unknown[] = []
    const rows: { addresses: Iterable<Row> }[] = []

    const outer = await collectLeaks(() =>
      withTenant(2, async () => {
        for await (const customer of inner.result.stream) {
          seen.push([customer.id, refusalOf(() => idsOf(customer.addresses)).code])
          rows.push(customer)
        }
      }),
    )

    expect(seen).toEqual([
      [1, "TENANT_SWITCH"],
      [2, "TENANT_SWITCH"],
    ])
    expect(withTenant(1, () => rows.map((row) => idsOf(row.addresses)))).toEqual([[1, 3], [5]])
    expect(outer.leaks.map(({ what, dropped }) => [what, dropped])).toEqual([])
    expect(inner.leaks.map(({ what, dropped }) => [what, dropped])).toEqual([
      ["dropped", 2],
      ["dropped", 1],
    ])
  })

  it("does not switch in the middle when several tenants pull", async () => {
    await open("postgresql")
    const stream = withTenant(1, () =>
      shop.fork().stream(shop.Customer, { populate: ["addresses"], orderBy: { id: 1 } }),
    )
    const pull = async () => (await stream.next()).value as { addresses: Iterable<Row> }

    const { result } = await collectLeaks(async () => [await withTenant(2, pull), await withTenant(1, pull)])
    await stream.return?.()

    expect(withTenant(1, () => result.map((row) => idsOf(row.addresses)))).toEqual([[1, 3], [5]])
  })
})
