import {
  EntitySchema,
  type EntitySubscriberInterface,
  type InsertEvent,
  type RemoveEvent,
  type UpdateEvent,
} from "typeorm"
import { afterEach, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import type { FailsafeOptions } from "../../src/typeorm/index.ts"
import { outcomeOf } from "./support/outcome.ts"
import { openShop, type Shop } from "./support/shop.ts"

// Listeners run after everything was judged, right before it is sent.
type Row = Record<string, unknown>

describe("what a listener changes", () => {
  let shop: Shop
  afterEach(() => shop.close())

  async function open(
    listener: EntitySubscriberInterface<Row>,
    failsafe: Partial<FailsafeOptions> = {},
  ): Promise<void> {
    shop = await openShop({ failsafe })
    shop.dataSource.subscribers.push(listener)
  }

  const save = (row: Row, entity = shop.Address as EntitySchema<unknown>) =>
    outcomeOf(() => withTenant(1, () => shop.dataSource.manager.save(entity as EntitySchema<Row>, row)))
  const stored = (id: number) =>
    shop.database.sql(`select street, merchant_id, customer_id from address where id = ${id}`)

  const own = { street: "own 1", merchant_id: 1, customer_id: 1 }
  const foreign = { street: "foreign 2", merchant_id: 2, customer_id: 1 }

  it("is refused where it gives a new row to another tenant", async () => {
    await open({ beforeInsert: ({ entity }: InsertEvent<Row>) => void (entity["merchantId"] = 2) })

    const outcome = await save({ id: 50, street: "new" })

    expect([outcome, await stored(50)]).toEqual([["WRITE_FOREIGN", "Address insert 1"], []])
  })

  it("is refused where it happens after an await", async () => {
    await open({
      async beforeInsert({ entity }: InsertEvent<Row>) {
        await Promise.resolve()
        entity["merchantId"] = 2
      },
    })

    const outcome = await save({ id: 50, street: "new" })

    expect([outcome, await stored(50)]).toEqual([["WRITE_FOREIGN", "Address insert 1"], []])
  })

  it("is refused where it moves a stored row", async () => {
    await open({ beforeUpdate: ({ entity }: UpdateEvent<Row>) => void (entity!["merchantId"] = 2) })

    const outcome = await save({ id: 1, street: "changed" })

    expect([outcome, await stored(1)]).toEqual([["TENANT_IMMUTABLE", "Address update 1"], [own]])
  })

  it("is refused where it shares a stored row", async () => {
    await open({ beforeUpdate: ({ entity }: UpdateEvent<Row>) => void (entity!["merchantId"] = null) })

    const outcome = await save({ id: 1, street: "changed" })

    expect([outcome, await stored(1)]).toEqual([["TENANT_IMMUTABLE", "Address update 1"], [own]])
  })

  it("is refused where it links a row to a foreign one", async () => {
    await open({ beforeUpdate: ({ entity }: UpdateEvent<Row>) => void (entity!["deliverTo"] = { id: 4 }) })

    const outcome = await save({ id: 2, number: "changed" }, shop.Order)

    expect([outcome, await shop.database.sql("select deliver_to_id from purchase where id = 2")]).toEqual([
      ["WRITE_FOREIGN", "Order.deliverTo link 1"],
      [{ deliver_to_id: 1 }],
    ])
  })

  it("is refused where it gives an entity the key of a foreign row", async () => {
    await open({ beforeUpdate: ({ entity }: UpdateEvent<Row>) => void (entity!["id"] = 2) })

    const outcome = await save({ id: 1, street: "changed" })

    expect([outcome[0], await stored(1), await stored(2)]).toEqual(["WRITE_FOREIGN", [own], [foreign]])
  })

  it("is refused where it makes a removal one of a foreign row", async () => {
    await open({ beforeRemove: ({ entity }: RemoveEvent<Row>) => void (entity!["id"] = 6) })

    const outcome = await outcomeOf(() =>
      withTenant(1, async () =>
        shop.dataSource.manager.remove(
          shop.Address,
          await shop.dataSource.manager.findOneByOrFail(shop.Address, { id: 5 }),
        ),
      ),
    )

    expect([outcome[0], await shop.database.sql("select id from address where id in (5, 6) order by id")]).toEqual([
      "WRITE_FOREIGN",
      [{ id: 5 }, { id: 6 }],
    ])
  })

  it("is refused where it makes a removal one of a row on which foreign rows hang", async () => {
    await open({ beforeRemove: ({ entity }: RemoveEvent<Row>) => void (entity!["id"] = 1) })
    await shop.database.sql("update purchase set deliver_to_id = 1 where id = 3")

    const outcome = await outcomeOf(() =>
      withTenant(1, async () =>
        shop.dataSource.manager.remove(
          shop.Address,
          await shop.dataSource.manager.findOneByOrFail(shop.Address, { id: 5 }),
        ),
      ),
    )

    expect(outcome).toEqual(["WRITE_FOREIGN", "Order.deliverTo delete 1"])
  })

  it("is stamped anew where it takes the tenant away", async () => {
    await open({ beforeInsert: ({ entity }: InsertEvent<Row>) => void (entity["merchantId"] = null) })

    const outcome = await save({ id: 50, street: "new" })

    expect([outcome, await stored(50)]).toEqual([["done"], [{ street: "new", merchant_id: 1, customer_id: null }]])
  })

  it("counts once, with what was found before, in the roll-out", async () => {
    await open(
      { beforeUpdate: ({ entity }: UpdateEvent<Row>) => void (entity!["street"] = "by the listener") },
      { writes: "report" },
    )

    const outcome = await save({ id: 2, street: "changed" })

    expect([outcome, await stored(2)]).toEqual([
      ["done", "Address update 1"],
      [{ ...foreign, street: "by the listener" }],
    ])
  })

  it("is sent where there is nothing wrong with it", async () => {
    await open({ beforeUpdate: ({ entity }: UpdateEvent<Row>) => void (entity!["street"] = "by the listener") })

    const outcome = await save({ id: 1, street: "changed" })

    expect([outcome, await stored(1)]).toEqual([["done"], [{ ...own, street: "by the listener" }]])
  })

  it("is no part of what it listens to: its own writes are judged by themselves", async () => {
    await open({
      beforeUpdate: async ({ manager, entity }: UpdateEvent<Row>) => {
        if (entity!["id"] === 1)
          await manager.save(shop.Address as unknown as EntitySchema<Row>, { id: 2, street: "changed" })
      },
    })

    const outcome = await save({ id: 1, street: "changed" })

    expect([outcome, await stored(1), await stored(2)]).toEqual([
      ["WRITE_FOREIGN", "Address update 1"],
      [own],
      [foreign],
    ])
  })

  it.each(["afterUpdate", "beforeUpdate"] as const)("is confined in a statement of %s", async (event) => {
    await open({
      [event]: async ({ manager }: UpdateEvent<Row>) =>
        void (await manager
          .createQueryBuilder()
          .update(shop.Address as unknown as EntitySchema<Row>)
          .set({ street: "swept" })
          .callListeners(false)
          .execute()),
    })

    const outcome = await save({ id: 1, street: "changed" })

    expect([outcome[0], await stored(2)]).toEqual(["done", [foreign]])
  })

  it.each(["merchantId", "id"] as const)(
    "does not deceive the guard as %s of what TypeORM compares with",
    async (name) => {
      await open({ afterLoad: (entity: Row) => void (entity[name] = 1) })
      const before = await shop.database.sql("select * from address order by id")

      await save({ id: 2, street: "changed" })

      expect(await shop.database.sql("select * from address order by id")).toEqual(before)
    },
  )
})
