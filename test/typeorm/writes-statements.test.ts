import type { EntitySubscriberInterface, InsertEvent, UpdateEvent } from "typeorm"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant } from "../../src/index.ts"
import { outcomeOf } from "./support/outcome.ts"
import { openShop, type Address, type Shop } from "./support/shop.ts"

describe.each(["sqlite", "postgresql"] as const)("statements on %s", (kind) => {
  let shop: Shop
  beforeEach(async () => {
    shop = await openShop({ kind })
  })
  afterEach(() => shop.close())

  const builder = () => shop.dataSource.createQueryBuilder()
  const streets = async (): Promise<string[]> =>
    (await shop.database.sql("select street, merchant_id from address order by id")).map(
      ({ street, merchant_id: merchant }) => `${String(street)}: ${String(merchant)}`,
    )
  const untouched = ["own 1: 1", "foreign 2: 2", "shared 3: null", "foreign 4: 2", "own 5: 1", "foreign 6: 2"]

  /** Lets a subscriber change what is about to be sent. */
  function listen(change: (values: Partial<Address>) => void): void {
    const subscriber: EntitySubscriberInterface<Address> = {
      listenTo: () => "Address",
      beforeInsert: ({ entity }: InsertEvent<Address>) => change(entity),
      beforeUpdate: async ({ entity }: UpdateEvent<Address>) => {
        await Promise.resolve()
        change(entity as Partial<Address>)
      },
    }
    shop.dataSource.subscribers.push(subscriber)
  }

  it("are confined whatever OR stands in their conditions", async () => {
    await withTenant(1, () =>
      builder()
        .update(shop.Address)
        .set({ street: "changed" })
        .where("id = :id", { id: 2 })
        .orWhere("street like :street", { street: "%5" })
        .orWhere("1 = 1")
        .execute(),
    )

    expect(await streets()).toEqual([
      "changed: 1",
      "foreign 2: 2",
      "changed: null",
      "foreign 4: 2",
      "changed: 1",
      "foreign 6: 2",
    ])
  })

  it("are confined to the tenant of each execution of one builder", async () => {
    const update = builder().update(shop.Address).set({ street: "changed" }).where("id > 0")

    await withTenant(1, () => update.execute())
    const inOne = await streets()
    await shop.database.sql("update address set street = 'again'")
    await withTenant(2, () => update.execute())

    expect([inOne.map((text) => text.startsWith("changed")), await streets()]).toEqual([
      [true, false, true, false, true, false],
      ["again: 1", "changed: 2", "changed: null", "changed: 2", "again: 1", "changed: 2"],
    ])
  })

  it("keep nothing of a scope in their builder", async () => {
    const update = builder().update(shop.Address).set({ street: "changed" }).where("id = :id", { id: 1 })

    await withTenant(1, () => update.execute())

    const names = Object.keys(update.getParameters()).filter((name) => !name.startsWith("orm_param"))
    expect([names, update.getSql().includes("merchant_id")]).toEqual([["id"], false])
  })

  it("run at the same time in two scopes from one builder", async () => {
    const update = builder().update(shop.Address).set({ street: "changed" }).where("id > 0")

    await Promise.all([withTenant(1, () => update.execute()), withTenant(2, () => update.execute())])

    expect((await streets()).every((text) => text.startsWith("changed"))).toBe(true)
  })

  it("send the tenant that they stamp, also where the application listed other columns", async () => {
    await withTenant(1, () =>
      builder().insert().into(shop.Address, ["id", "street"]).values({ id: 50, street: "new" }).execute(),
    )

    expect((await streets()).at(-1)).toBe("new: 1")
  })

  it("send the tenant that the values name, also where the application listed other columns", async () => {
    const outcome = await outcomeOf(() =>
      withTenant(1, () =>
        builder()
          .insert()
          .into(shop.Address, ["id", "street"])
          .values({ id: 50, street: "new", merchantId: 2 })
          .execute(),
      ),
    )

    expect([outcome, await streets()]).toEqual([["WRITE_FOREIGN", "Address insert 1"], untouched])
  })

  it("leave the values that they are given as they are", async () => {
    const values = { id: 50, street: "new" }

    await withTenant(1, () => shop.dataSource.manager.insert(shop.Address, values))

    expect([values, (await streets()).at(-1)]).toEqual([{ id: 50, street: "new" }, "new: 1"])
  })

  it("refuse a tenant that is SQL", async () => {
    const outcome = await outcomeOf(() =>
      withTenant(1, () =>
        shop.dataSource.manager.insert(shop.Address, { id: 50, street: "new", merchantId: () => "2" }),
      ),
    )

    expect([outcome, await streets()]).toEqual([["TENANT_UNKNOWN", "Address insert 1"], untouched])
  })

  it("judge what a subscriber makes of the values of an insert", async () => {
    listen((values) => void (values.merchantId = 2))

    const outcome = await outcomeOf(() =>
      withTenant(1, () =>
        shop.dataSource.manager.insert(shop.Address, [
          { id: 50, street: "a" },
          { id: 51, street: "b" },
        ]),
      ),
    )

    expect([outcome, await streets()]).toEqual([["WRITE_FOREIGN", "Address insert 2"], untouched])
  })

  it("judge what a subscriber makes of the values of an update", async () => {
    listen((values) => void (values.merchantId = 2))

    const outcome = await outcomeOf(() =>
      withTenant(1, () => shop.dataSource.manager.update(shop.Address, { id: 1 }, { street: "changed" })),
    )

    expect([outcome, await streets()]).toEqual([["TENANT_IMMUTABLE", "Address update 1"], untouched])
  })

  it("let a subscriber name the tenant that they have anyway", async () => {
    listen((values) => void (values.merchantId = 1))

    const outcome = await outcomeOf(() =>
      withTenant(1, () => shop.dataSource.manager.insert(shop.Address, { id: 50, street: "new" })),
    )

    expect([outcome, (await streets()).at(-1)]).toEqual([["done"], "new: 1"])
  })

  it("judge by itself what a subscriber writes meanwhile", async () => {
    const outcomes: unknown[] = []
    shop.dataSource.subscribers.push({
      listenTo: () => "Tag",
      beforeUpdate: async ({ manager }) => {
        outcomes.push(await outcomeOf(() => manager.insert(shop.Address, { id: 50, street: "new", merchantId: 2 })))
      },
    })

    await withTenant(1, () => shop.dataSource.manager.update(shop.Tag, { id: 1 }, { label: "changed" }))

    expect([outcomes, await streets()]).toEqual([[["WRITE_FOREIGN", "Address insert 1"]], untouched])
  })

  it("restrict an update that sets the own tenant to rows that have it", async () => {
    await withTenant(1, () => builder().update(shop.Address).set({ merchantId: 1, street: "changed" }).execute())

    expect(await streets()).toEqual([
      "changed: 1",
      "foreign 2: 2",
      "shared 3: null",
      "foreign 4: 2",
      "changed: 1",
      "foreign 6: 2",
    ])
  })

  it("refuse to delete own rows on which foreign ones hang", async () => {
    await shop.database.sql("update purchase set deliver_to_id = 1 where id = 3")

    const outcome = await outcomeOf(() =>
      withTenant(1, () => builder().delete().from(shop.Address).where("id in (1, 2)").execute()),
    )

    expect([outcome, await streets()]).toEqual([["WRITE_FOREIGN", "Order.deliverTo delete 1"], untouched])
  })

  it("are confined where they name an entity's table", async () => {
    await withTenant(1, () => builder().update("address").set({ street: "changed" }).where("id < 3").execute())

    expect((await streets()).slice(0, 2)).toEqual(["changed: 1", "foreign 2: 2"])
  })

  it("overwrite what they conflict with only where it is own", async () => {
    const upsert = (id: number) =>
      outcomeOf(() =>
        withTenant(1, () => shop.dataSource.manager.upsert(shop.Address, { id, street: "changed" }, ["id"])),
      )

    const outcomes = [await upsert(1), await upsert(2), await upsert(50)]

    expect([outcomes, await streets()]).toEqual([
      [["done"], ["WRITE_FOREIGN", "Address upsert 1"], ["done"]],
      ["changed: 1", ...untouched.slice(1), "changed: 1"],
    ])
  })

  it("leave alone what they ignore", async () => {
    const outcome = await outcomeOf(() =>
      withTenant(1, () =>
        builder().insert().into(shop.Address).values({ id: 2, street: "changed" }).orIgnore().execute(),
      ),
    )

    expect([outcome, await streets()]).toEqual([["done"], untouched])
  })

  it("overwrite by a text of the application's own only in withoutTenant", async () => {
    const upsert = () =>
      builder()
        .insert()
        .into(shop.Address)
        .values({ id: 2, street: "changed", merchantId: 1 })
        .orUpdate(["street"], "address_pkey")
        .execute()

    expect(await outcomeOf(() => withTenant(1, upsert))).toEqual(["TENANT_UNKNOWN", "Address upsert 1"])
  })

  it("write anything in withoutTenant", async () => {
    await withoutTenant("test", () => builder().update(shop.Address).set({ street: "changed" }).execute())

    expect((await streets()).every((text) => text.startsWith("changed"))).toBe(true)
  })

  it("link and unlink own rows by `relation().of()`, and no foreign ones", async () => {
    const addresses = () => builder().relation(shop.Customer, "addresses").of(2)
    const tags = () => builder().relation(shop.Customer, "tags").of(2)

    const outcomes = await withTenant(1, async () => [
      await outcomeOf(() => addresses().add(1)),
      await outcomeOf(() => addresses().add({ id: 2 })),
      await outcomeOf(() => addresses().remove([5, 6])),
      await outcomeOf(() => addresses().remove(5)),
      await outcomeOf(() => tags().add([1, 2])),
      await outcomeOf(() => tags().add(1)),
      await outcomeOf(() => tags().remove(2)),
    ])

    const linked = await shop.database.sql("select id from address where customer_id = 2 order by id")
    const tagged = await shop.database.sql("select tag_id from customer_tag where customer_id = 2 order by tag_id")
    expect([outcomes, linked.map((row) => row["id"]), tagged.map((row) => row["tag_id"])]).toEqual([
      [
        ["done"],
        ["WRITE_FOREIGN", "Customer.addresses link 1"],
        ["WRITE_FOREIGN", "Customer.addresses unlink 1"],
        ["done"],
        ["WRITE_FOREIGN", "Customer.tags link 1"],
        ["done"],
        ["WRITE_FOREIGN", "Customer.tags unlink 1"],
      ],
      [1, 6],
      [1, 2],
    ])
  })
})
