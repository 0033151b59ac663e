import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant, withTenants } from "../../src/index.ts"
import { outcomeOf } from "./support/outcome.ts"
import { openShop, type Address, type Shop } from "./support/shop.ts"

describe.each(["sqlite", "postgresql"] as const)("after a refusal, on %s,", (kind) => {
  let shop: Shop
  beforeEach(async () => {
    shop = await openShop({ kind, config: { extra: { max: 1 } } })
  })
  afterEach(() => shop.close())

  const asOne = <R>(run: () => R): R => withTenant(1, run)
  const refused = (write: () => unknown) => outcomeOf(() => asOne(write))
  const streets = async (...ids: number[]): Promise<unknown[]> =>
    (await shop.database.sql(`select street from address where id in (${ids.join(", ")}) order by id`)).map(
      ({ street }) => street,
    )
  const foreign = (): Address => Object.assign({} as Address, { id: 2, street: "changed" })

  it("no statement that writes was sent", async () => {
    shop.queries.length = 0

    const outcome = await refused(() =>
      shop.dataSource.manager.save(shop.Address, [{ id: 1, street: "changed" }, foreign(), { id: 50, street: "new" }]),
    )

    const writes = shop.queries.filter((query) => /^\s*(?:insert|update|delete)\b/i.test(query))
    expect([outcome[0], writes]).toEqual(["WRITE_FOREIGN", []])
  })

  it("no transaction is left open, and the pool has its connection back", async () => {
    for (let round = 0; round < 3; round++) await refused(() => shop.dataSource.manager.save(shop.Address, foreign()))

    const saved = await asOne(() => shop.dataSource.manager.save(shop.Address, { id: 1, street: "changed" }))

    expect([saved.street, await streets(1, 2)]).toEqual(["changed", ["changed", "foreign 2"]])
  })

  it("a transaction that the application opened goes on and commits", async () => {
    const outcomes: unknown[] = []

    await asOne(() =>
      shop.dataSource.transaction(async (manager) => {
        await manager.save(shop.Address, { id: 1, street: "changed" })
        outcomes.push(await outcomeOf(() => manager.save(shop.Address, foreign())))
        outcomes.push(await outcomeOf(() => manager.remove(shop.Address, foreign())))
        await manager.save(shop.Address, { id: 5, street: "changed" })
      }),
    )

    expect([outcomes, await streets(1, 2, 5)]).toEqual([
      [
        ["WRITE_FOREIGN", "Address update 1"],
        ["WRITE_FOREIGN", "Address delete 1"],
      ],
      ["changed", "foreign 2", "changed"],
    ])
  })

  it("a query runner's transaction goes on and can be rolled back", async () => {
    const runner = shop.dataSource.createQueryRunner()
    await runner.startTransaction()

    await asOne(async () => {
      await runner.manager.save(shop.Address, { id: 1, street: "changed" })
      await outcomeOf(() => runner.manager.save(shop.Address, foreign()))
      await runner.manager.save(shop.Address, { id: 50, street: "new" })
    })
    await runner.rollbackTransaction()
    await runner.release()

    expect(await streets(1, 2, 50)).toEqual(["own 1", "foreign 2"])
  })

  it("a refused save inside a nested transaction leaves the one around it alone", async () => {
    const outcomes: unknown[] = []

    await asOne(() =>
      shop.dataSource.transaction(async (manager) => {
        await manager.save(shop.Address, { id: 1, street: "changed" })
        outcomes.push(
          await outcomeOf(() =>
            manager.transaction((inner) => inner.save(shop.Address, [foreign(), { id: 50, street: "new" }])),
          ),
        )
      }),
    )

    expect([outcomes, await streets(1, 2, 50)]).toEqual([
      [["WRITE_FOREIGN", "Address update 1"]],
      ["changed", "foreign 2"],
    ])
  })

  it("rows that the transaction itself made are known to it", async () => {
    const outcome = await refused(() =>
      shop.dataSource.transaction(async (manager) => {
        await withoutTenant("test", () => manager.insert(shop.Address, { id: 50, street: "new", merchantId: 2 }))
        await manager.save(shop.Address, { id: 50, street: "changed" })
      }),
    )

    expect([outcome, await streets(50)]).toEqual([["WRITE_FOREIGN", "Address update 1"], []])
  })

  it("the entities are as they were given: a stamp is taken back", async () => {
    const added = { id: 50, street: "new" }
    await refused(() => shop.dataSource.manager.save(shop.Address, [added, foreign()]))

    expect(added).toStrictEqual({ id: 50, street: "new" })
  })

  it("a tenant that was null is null again", async () => {
    const added = { id: 50, street: "new", merchantId: null }
    await refused(() => shop.dataSource.manager.save(shop.Address, [added, foreign()]))

    expect(added).toStrictEqual({ id: 50, street: "new", merchantId: null })
  })

  it("a new row may be saved by another tenant, whose it then is", async () => {
    const added = { id: 50, street: "new" }
    await refused(() => shop.dataSource.manager.save(shop.Address, [added, foreign()]))

    await withTenant(2, () => shop.dataSource.manager.save(shop.Address, added))

    expect(await shop.database.sql("select merchant_id from address where id = 50")).toEqual([{ merchant_id: 2 }])
  })

  it("a stamp is taken back, too, where the database refuses", async () => {
    const added = { id: 50, street: null as unknown as string }
    const outcome = await refused(() => shop.dataSource.manager.save(shop.Address, added))

    expect([outcome[0].includes("QueryFailedError"), "merchantId" in added]).toEqual([true, false])
  })

  it("what was given to another tenant is saved once it is given to the own one", async () => {
    const added = { id: 50, street: "new", merchantId: 2 }
    const first = await refused(() => shop.dataSource.manager.save(shop.Address, added))
    added.merchantId = 1
    const second = await refused(() => shop.dataSource.manager.save(shop.Address, added))

    expect([first[0], second, await streets(50)]).toEqual(["WRITE_FOREIGN", ["done"], ["new"]])
  })

  it("all chunks were judged before the first one was sent", async () => {
    const rows = [{ id: 1, street: "changed" }, { id: 50, street: "new" }, foreign()]

    const outcome = await refused(() =>
      shop.dataSource.manager.save(shop.Address, rows, { chunk: 1, transaction: false }),
    )

    expect([outcome[0], await streets(1, 2, 50)]).toEqual(["WRITE_FOREIGN", ["own 1", "foreign 2"]])
  })

  it("all chunks of a removal were judged before the first one was sent", async () => {
    const outcome = await refused(() =>
      shop.dataSource.manager.remove(shop.Address, [{ id: 5 }, { id: 6 }] as Address[], {
        chunk: 1,
        transaction: false,
      }),
    )

    expect([outcome[0], await streets(5, 6)]).toEqual(["WRITE_FOREIGN", ["own 5", "foreign 6"]])
  })

  it("chunks that are own are written", async () => {
    const rows = [
      { id: 1, street: "a" },
      { id: 50, street: "b" },
      { id: 5, street: "c" },
    ]

    await asOne(() => shop.dataSource.manager.save(shop.Address, rows, { chunk: 2 }))

    expect(await streets(1, 5, 50)).toEqual(["a", "c", "b"])
  })

  it("saves of two tenants at the same time do not get in each other's way", async () => {
    const outcomes = await Promise.all(
      [1, 2, 1, 2].map((tenant, index) =>
        outcomeOf(() =>
          withTenant(tenant, () =>
            shop.dataSource.manager.save(shop.Address, { id: index < 2 ? 1 : 2, street: `by ${tenant}, ${index}` }),
          ),
        ),
      ),
    )

    expect([outcomes.map(([outcome]) => outcome), await streets(1, 2)]).toEqual([
      ["done", "WRITE_FOREIGN", "WRITE_FOREIGN", "done"],
      ["by 1, 0", "by 2, 3"],
    ])
  })
})

describe("in other scopes,", () => {
  let shop: Shop
  afterEach(() => shop.close())

  it("a set writes the rows of its tenants, and no others", async () => {
    shop = await openShop()
    await shop.database.sql("update address set merchant_id = 3 where id = 6")
    const save = (id: number) =>
      outcomeOf(() =>
        withTenants([1, 2], "test", () => shop.dataSource.manager.save(shop.Address, { id, street: "changed" })),
      )

    expect([await save(1), await save(2), await save(3), await save(6)]).toEqual([
      ["done"],
      ["done"],
      ["done"],
      ["WRITE_FOREIGN", "Address update 1"],
    ])
  })

  it.each([
    [undefined, "TENANT_AMBIGUOUS"],
    [null, "TENANT_AMBIGUOUS"],
    [2, "done"],
    [3, "WRITE_FOREIGN"],
  ])("a set inserts a row whose tenant is %s: %s", async (merchantId, code) => {
    shop = await openShop()

    const [outcome] = await outcomeOf(() =>
      withTenants([1, 2], "test", () =>
        shop.dataSource.manager.save(shop.Address, {
          id: 50,
          street: "new",
          ...(merchantId === undefined ? {} : { merchantId }),
        }),
      ),
    )

    expect(outcome).toBe(code)
  })

  it("withoutTenant writes and stamps nothing", async () => {
    shop = await openShop()

    const outcome = await outcomeOf(() =>
      withoutTenant("test", () =>
        shop.dataSource.manager.save(shop.Address, [
          { id: 2, street: "changed", merchantId: 1 },
          { id: 50, street: "new" },
        ]),
      ),
    )

    expect([
      outcome,
      await shop.database.sql("select merchant_id from address where id in (2, 50) order by id"),
    ]).toEqual([["done"], [{ merchant_id: 1 }, { merchant_id: null }]])
  })

  it("outside any scope a save that changes nothing is none", async () => {
    shop = await openShop()

    const outcome = await outcomeOf(() => shop.dataSource.manager.save(shop.Address, { id: 1, street: "own 1" }))

    expect(outcome).toEqual(["done"])
  })

  it("outside any scope a save that changes a row is refused", async () => {
    shop = await openShop()

    const outcome = await outcomeOf(() => shop.dataSource.manager.save(shop.Address, { id: 1, street: "changed" }))

    expect(outcome).toEqual(["TENANT_MISSING"])
  })
})
