import { BaseEntity, EntitySchema } from "typeorm"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { openLab, type Lab } from "./support/lab.ts"
import { outcomeOf } from "./support/outcome.ts"
import { openShop, type Address, type Customer, type Order, type Profile, type Shop, type Tag } from "./support/shop.ts"

const asOne = (write: () => unknown) => outcomeOf(() => withTenant(1, write))

describe("a row of the shop", () => {
  let shop: Shop
  beforeEach(async () => {
    shop = await openShop()
  })
  afterEach(() => shop.close())

  const em = () => shop.dataSource.manager
  const rowOf = async (table: string, id: number) =>
    (await shop.database.sql(`select * from ${table} where id = ${id}`))[0]

  it("is judged by the tenant that it has by now, not by the one that it had when it was loaded", async () => {
    const address = await withTenant(1, () => em().findOneByOrFail(shop.Address, { id: 1 }))
    await shop.database.sql("update address set merchant_id = 2 where id = 1")

    const outcome = await asOne(() => em().save(shop.Address, Object.assign(address, { street: "changed" })))

    expect([outcome, (await rowOf("address", 1))!["street"]]).toEqual([["WRITE_FOREIGN", "Address update 1"], "own 1"])
  })

  it("is judged by its own tenant when it was preloaded", async () => {
    const outcome = await asOne(async () =>
      em().save(shop.Address, (await em().preload(shop.Address, { id: 2, street: "changed", merchantId: 1 }))!),
    )

    expect([outcome, (await rowOf("address", 2))!["street"]]).toEqual([
      ["WRITE_FOREIGN", "Address update 1"],
      "foreign 2",
    ])
  })

  it.each([{ listeners: false }, { reload: false }, { transaction: false }, { data: {} }, { chunk: 1 }])(
    "is judged with %o, too",
    async (options) => {
      const outcomes = [
        await asOne(() => em().save(shop.Address, [{ id: 2, street: "changed" }], options)),
        await asOne(() => em().remove(shop.Address, [{ id: 6 } as Address], options)),
      ]

      expect([outcomes, (await rowOf("address", 2))!["street"]]).toEqual([
        [
          ["WRITE_FOREIGN", "Address update 1"],
          ["WRITE_FOREIGN", "Address delete 1"],
        ],
        "foreign 2",
      ])
    },
  )

  it("is linked by an object that was loaded, and made to pass for another one", async () => {
    const address = await withTenant(1, () => em().findOneByOrFail(shop.Address, { id: 1 }))
    address.id = 4

    const outcome = await asOne(() => em().save(shop.Order, { id: 2, deliverTo: address } as Order))

    expect([outcome, (await rowOf("purchase", 2))!["deliver_to_id"]]).toEqual([
      ["WRITE_FOREIGN", "Order.deliverTo link 1"],
      1,
    ])
  })

  it("is linked by an object that claims a tenant", async () => {
    const outcome = await asOne(() =>
      em().save(shop.Order, { id: 2, deliverTo: { id: 4, merchantId: 1 } } as unknown as Order),
    )

    expect(outcome).toEqual(["WRITE_FOREIGN", "Order.deliverTo link 1"])
  })

  it("is linked by a foreign object that was loaded in the same scope", async () => {
    const outcome = await asOne(async () => {
      const { result } = await collectLeaks(() => em().findOneByOrFail(shop.Address, { id: 4 }))
      await em().save(shop.Order, { id: 2, deliverTo: result } as Order)
    })

    expect(outcome).toEqual(["WRITE_FOREIGN", "Order.deliverTo link 1"])
  })

  it("cannot be taken over from the other side of one to one", async () => {
    const outcome = await asOne(() => em().save(shop.Customer, { id: 2, profile: { id: 1 } as Profile } as Customer))

    expect([outcome, (await rowOf("profile", 1))!["customer_id"]]).toEqual([["WRITE_FOREIGN", "Profile update 1"], 1])
  })

  it("cannot be taken over from the other side of one to many", async () => {
    const outcome = await asOne(() =>
      em().save(shop.Customer, { id: 2, addresses: [{ id: 5 }, { id: 4 }] as Address[] } as Customer),
    )

    expect([outcome, (await rowOf("address", 4))!["customer_id"]]).toEqual([["WRITE_FOREIGN", "Address update 1"], 1])
  })

  it("cannot be linked from either side of many to many", async () => {
    const outcomes = [
      await asOne(() => em().save(shop.Customer, { id: 2, tags: [{ id: 2 }, { id: 1 }] as Tag[] } as Customer)),
      await asOne(() => em().save(shop.Tag, { id: 2, customers: [{ id: 1 }] as Customer[] } as Tag)),
    ]

    expect([
      outcomes[0],
      outcomes[1]![0],
      await shop.database.sql("select * from customer_tag where customer_id = 2 order by tag_id"),
    ]).toEqual([
      ["done"],
      "WRITE_FOREIGN",
      [
        { customer_id: 2, tag_id: 1 },
        { customer_id: 2, tag_id: 2 },
      ],
    ])
  })

  it("is told once in the roll-out, for all rows of its kind", async () => {
    await shop.close()
    shop = await openShop({ failsafe: { writes: "report" } })

    const outcome = await asOne(() =>
      em().save(
        shop.Address,
        [2, 4, 6].map((id) => ({ id, street: "changed" })),
      ),
    )

    expect([outcome, await shop.database.sql("select id from address where street = 'changed' order by id")]).toEqual([
      ["done", "Address update 3"],
      [{ id: 2 }, { id: 4 }, { id: 6 }],
    ])
  })

  it("is told once, however many ways it is moved", async () => {
    await shop.close()
    shop = await openShop({ failsafe: { writes: "report" } })

    const outcome = await asOne(() => em().save(shop.Address, { id: 1, merchantId: 2, street: "changed" }))

    expect(outcome).toEqual(["done", "Address update 1"])
  })
})

describe("soft removal", () => {
  type Row = Record<string, unknown>
  let lab: Lab
  afterEach(() => lab.close())

  it.each(["softRemove", "recover"] as const)(
    "of a foreign row is refused, of an own one done: %s",
    async (operation) => {
      const Note = new EntitySchema<Row>({
        name: "Note",
        columns: {
          id: { type: "int", primary: true },
          merchantId: { type: "int", nullable: true },
          deletedAt: { type: "datetime", deleteDate: true, nullable: true },
        },
      })
      lab = await openLab([Note])
      const isRemoval = operation === "softRemove"
      const date = isRemoval ? "null" : "'2026-01-01 00:00:00'"
      await lab.database.sql(`insert into note values (1, 1, ${date}), (2, 2, ${date}), (3, null, ${date})`)

      const outcomes = [
        await asOne(() => lab.dataSource.manager[operation](Note, [{ id: 1 }, { id: 2 }])),
        await asOne(() => lab.dataSource.manager[operation](Note, [{ id: 1 }, { id: 3 }])),
      ]

      const rows = await lab.database.sql(`select "deletedAt" from note order by id`)
      expect([outcomes, rows.map(({ deletedAt }) => (deletedAt === null) === !isRemoval)]).toEqual([
        [["WRITE_FOREIGN", "Note update 1"], ["done"]],
        [true, false, true],
      ])
    },
  )
})

describe("entities that save themselves", () => {
  class Parcel extends BaseEntity {
    id!: number
    label!: string
    merchantId!: number
  }
  let lab: Lab
  afterEach(() => lab.close())

  it("are judged as well", async () => {
    lab = await openLab([
      new EntitySchema<Parcel>({
        name: "Parcel",
        target: Parcel,
        columns: {
          id: { type: "int", primary: true },
          label: { type: "text" },
          merchantId: { type: "int", name: "merchant_id", nullable: true },
        },
      }),
    ])
    await lab.database.sql("insert into parcel (id, label, merchant_id) values (1, 'own', 1), (2, 'foreign', 2)")
    const parcel = (data: Partial<Parcel>): Parcel => Object.assign(new Parcel(), data)

    const outcomes = [
      await asOne(() => parcel({ id: 1, label: "changed" }).save()),
      await asOne(() => parcel({ id: 2, label: "changed" }).save()),
      await asOne(() => parcel({ id: 2 }).remove()),
      await asOne(() => parcel({ id: 3, label: "new" }).save()),
    ]

    expect([outcomes, await lab.database.sql("select label, merchant_id from parcel order by id")]).toEqual([
      [["done"], ["WRITE_FOREIGN", "Parcel update 1"], ["WRITE_FOREIGN", "Parcel delete 1"], ["done"]],
      [
        { label: "changed", merchant_id: 1 },
        { label: "foreign", merchant_id: 2 },
        { label: "new", merchant_id: 1 },
      ],
    ])
  })
})

describe("a DataSource that caches all results", () => {
  it("does not make the guard believe what was stored once", async () => {
    const shop = await openShop({ config: { cache: { alwaysEnabled: true, duration: 60_000 } } })
    const save = (street: string) => asOne(() => shop.dataSource.manager.save(shop.Address, { id: 1, street }))
    await save("a")
    await shop.database.sql("update address set merchant_id = 2 where id = 1")

    const outcome = await save("b")
    const rows = await shop.database.sql("select street from address where id = 1")
    await shop.close()

    expect([outcome, rows]).toEqual([["WRITE_FOREIGN", "Address update 1"], [{ street: "a" }]])
  })
})
