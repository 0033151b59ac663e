import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { idsOf, openShop, seedShop, type Shop } from "./support/shop.ts"

// `{ onLeak: "report", noTenant: "report", writes: "report" }` is the first step into production: it may tell, and change nothing.
describe("the roll-out mode", () => {
  let shop: Shop
  let stored: unknown[]

  beforeEach(async () => {
    shop = await openShop("sqlite", { failsafe: { onLeak: "report", noTenant: "report", writes: "report" } })
    await seedShop(shop)
    stored = (await shop.database.sql("select id from address where customer_id = 1 order by id")).map(({ id }) => id)
  })
  afterEach(() => shop.close())

  it("counts and matches the rows of every tenant", async () => {
    const { result } = await collectLeaks(() =>
      withTenant(1, async () => {
        const customer = await shop.fork().findOneOrFail(shop.Customer, { id: 1 })
        const matching = await customer.addresses.matching({ orderBy: { id: 1 } })
        return [await customer.addresses.loadCount(), matching.map(({ id }) => id)]
      }),
    )
    expect(result).toEqual([stored.length, stored])
  })

  it("lets a collection be read in another scope, and outside any", async () => {
    const { result } = await collectLeaks(async () => {
      const customer = await withTenant(1, () =>
        shop.fork().findOneOrFail(shop.Customer, { id: 1 }, { populate: ["addresses"] }),
      )
      return [withTenant(2, () => idsOf(customer.addresses)), idsOf(customer.addresses)]
    })
    expect(result).toEqual([stored, stored])
  })

  it("saves an overwritten unloaded collection as plain MikroORM does, and records it", async () => {
    const { leaks } = await collectLeaks(() =>
      withTenant(1, async () => {
        const em = shop.fork()
        const customer = await em.findOneOrFail(shop.Customer, { id: 1 })
        customer.addresses.removeAll()
        await em.flush()
      }),
    )
    expect(await shop.database.sql("select id from address where customer_id = 1")).toEqual([])
    expect(leaks.map(({ what, relation }) => [what, relation])).toEqual([["unloaded-write", "addresses"]])
  })
})
