import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { databaseKinds } from "../support/databases.ts"
import { outcomeOf } from "./support/outcome.ts"
import { openShop, seedShop, type Shop } from "./support/shop.ts"

describe.each(databaseKinds)("after a refusal, on %s,", (kind) => {
  let shop: Shop
  beforeEach(async () => {
    shop = await openShop(kind)
    await seedShop(shop)
  })
  afterEach(() => shop.close())

  const streets = async (...ids: number[]): Promise<unknown[]> =>
    (await shop.database.sql(`select street from address where id in (${ids.join(", ")}) order by id`)).map(
      ({ street }) => street,
    )

  it("nothing was sent", async () => {
    const em = shop.fork()
    const outcome = await outcomeOf(() =>
      withTenant(1, async () => {
        const found = await em.find(shop.Address, { id: [1, 2] })
        for (const address of found) address.street = "changed"
        em.create(shop.Address, { id: 50, street: "new" })
        shop.queries.length = 0
        await em.flush()
      }),
    )
    expect([outcome[0], shop.queries.filter((query) => !query.includes("select"))]).toEqual(["WRITE_FOREIGN", []])
  })

  it("a flush writes the own changes, the new rows and the removals, once the foreign change is undone", async () => {
    const em = shop.fork()
    const [own, foreign, old] = await withTenant(2, () =>
      em.find(shop.Address, { id: [1, 2, 5] }, { orderBy: { id: 1 } }),
    )
    own!.street = "changed"
    foreign!.street = "changed"
    em.create(shop.Address, { id: 50, street: "new" })
    em.remove(old!)
    const first = await outcomeOf(() => withTenant(1, () => em.flush()))
    foreign!.street = "foreign 2"
    const second = await outcomeOf(() => withTenant(1, () => em.flush()))
    expect([first[0], second, await streets(1, 2, 5, 50)]).toEqual([
      "WRITE_FOREIGN",
      ["done"],
      ["changed", "foreign 2", "new"],
    ])
  })

  it("a foreign row that may not be removed is not removed by the next flush, and does not hold it up", async () => {
    const em = shop.fork()
    const own = await withTenant(1, () => em.findOneOrFail(shop.Address, 1))
    em.remove(em.getReference(shop.Address, 2))
    own.street = "changed"
    const first = await outcomeOf(() => withTenant(1, () => em.flush()))
    const second = await outcomeOf(() => withTenant(1, () => em.flush()))
    expect([first[0], second, await streets(1, 2)]).toEqual(["WRITE_FOREIGN", ["done"], ["changed", "foreign 2"]])
  })

  it("a new row that was given to another tenant is saved once it is given to the own one", async () => {
    const em = shop.fork()
    const address = em.create(shop.Address, { id: 50, street: "new", merchantId: 2 })
    const first = await outcomeOf(() => withTenant(1, () => em.flush()))
    address.merchantId = 1
    const second = await outcomeOf(() => withTenant(1, () => em.flush()))
    expect([first[0], second, await streets(50)]).toEqual(["WRITE_FOREIGN", ["done"], ["new"]])
  })

  it("a transaction that the application opened goes on and commits", async () => {
    const outcomes: unknown[] = []
    await withTenant(1, () =>
      shop.fork().transactional(async (em) => {
        const [own, foreign] = await em.find(shop.Address, { id: [1, 2] }, { orderBy: { id: 1 } })
        own!.street = "changed"
        foreign!.street = "changed"
        outcomes.push(await outcomeOf(() => em.flush()))
        foreign!.street = "foreign 2"
      }),
    )
    expect([outcomes, await streets(1, 2)]).toEqual([[["WRITE_FOREIGN", "Address update 1"]], ["changed", "foreign 2"]])
  })

  it("a transaction by begin() and commit() keeps what was written before", async () => {
    const em = shop.fork()
    const outcomes: unknown[] = []
    await withTenant(1, async () => {
      await em.begin()
      await em.nativeUpdate(shop.Address, { id: 1 }, { street: "changed" })
      outcomes.push(await outcomeOf(() => em.insert(shop.Address, { id: 50, street: "new", merchantId: 2 })))
      await em.commit()
    })
    expect([outcomes, await streets(1, 50)]).toEqual([[["WRITE_FOREIGN", "Address insert 1"]], ["changed"]])
  })

  it("rows that the transaction itself made are known to it", async () => {
    const outcome = await outcomeOf(() =>
      withTenant(1, () =>
        shop.fork().transactional(async (em) => {
          await em.insert(shop.Address, { id: 50, street: "new" })
          em.getReference(shop.Address, 50).street = "changed"
          await em.flush()
        }),
      ),
    )
    expect([outcome, await streets(50)]).toEqual([["done"], ["changed"]])
  })

  it("a nested transaction may be refused while the one around it goes on", async () => {
    const outcomes: unknown[] = []
    await withTenant(1, () =>
      shop.fork().transactional(async (em) => {
        await em.nativeUpdate(shop.Address, { id: 1 }, { street: "changed" })
        outcomes.push(
          await outcomeOf(() =>
            em.transactional(async (inner) => {
              inner.getReference(shop.Address, 2).street = "changed"
            }),
          ),
        )
        em.clear()
      }),
    )
    expect([outcomes, await streets(1, 2)]).toEqual([[["WRITE_FOREIGN", "Address update 1"]], ["changed", "foreign 2"]])
  })

  it("a unique column that was held back for an update of its own is still changed", async () => {
    const em = shop.fork()
    await shop.database.sql("insert into profile (id, bio, customer_id) values (1, 'bio', 1)")
    const first = await outcomeOf(() =>
      withTenant(1, async () => {
        const profile = await em.findOneOrFail(shop.Profile, 1)
        profile.customer = em.getReference(shop.Customer, 2)
        em.getReference(shop.Address, 2).street = "changed"
        await em.flush()
      }),
    )
    const second = await outcomeOf(() =>
      withTenant(1, async () => {
        em.getUnitOfWork().unsetIdentity(em.getReference(shop.Address, 2))
        await em.flush()
      }),
    )
    expect([first[0], second, await shop.database.sql("select customer_id from profile")]).toEqual([
      "WRITE_FOREIGN",
      ["done"],
      [{ customer_id: 2 }],
    ])
  })
})
