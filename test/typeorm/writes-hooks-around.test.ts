import { EntitySchema, type EntitySubscriberInterface, type UpdateEvent } from "typeorm"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { openLab, type Lab } from "./support/lab.ts"
import { outcomeOf } from "./support/outcome.ts"

// Listeners that reach for something else than the row that they are called with.
type Row = Record<string, unknown>

describe("what a listener changes in another entity of the save", () => {
  class Address {
    id!: number
    street!: string
    merchantId!: number
  }
  class Order {
    id!: number
    number!: string
    merchantId!: number
    deliverTo!: { id: number }
  }
  const id = { type: "int", primary: true } as const
  const merchantId = { type: "int", name: "merchant_id", nullable: true } as const
  let lab: Lab
  let address: Address
  let order: Order

  beforeEach(async () => {
    const deliverTo = { type: "many-to-one", target: "Address", nullable: true } as const
    lab = await openLab([
      new EntitySchema({ name: "Address", target: Address, columns: { id, merchantId, street: { type: "text" } } }),
      new EntitySchema<Order>({
        name: "Order",
        target: Order,
        tableName: "purchase",
        columns: { id, merchantId, number: { type: "text" } },
        relations: { deliverTo },
      }),
    ])
    await lab.database.sql("insert into address (id, street, merchant_id) values (1, 'own', 1), (2, 'foreign', 2)")
    await lab.database.sql(`insert into purchase (id, number, merchant_id, "deliverToId") values (1, 'own', 1, null)`)
    const { manager } = lab.dataSource
    await withTenant(1, async () => {
      address = await manager.findOneByOrFail(Address, { id: 1 })
      order = await manager.findOneByOrFail(Order, { id: 1 })
    })
    address.street = "changed"
    order.deliverTo = { id: 1 }
  })
  afterEach(() => lab.close())

  it.each([
    ["at once", undefined],
    ["in chunks", 1],
  ])("is refused, saved %s", async (_, chunk) => {
    lab.dataSource.subscribers.push({
      listenTo: () => Address,
      beforeUpdate: () => void (order.deliverTo.id = 2),
    })

    const outcome = await outcomeOf(() =>
      withTenant(1, () => lab.dataSource.manager.save([address, order], chunk === undefined ? {} : { chunk })),
    )

    expect([outcome[0], await lab.database.sql(`select number, "deliverToId" from purchase`)]).toEqual([
      "WRITE_FOREIGN",
      [{ number: "own", deliverToId: null }],
    ])
  })
})

describe("a listener that TypeORM calls while it sends what was judged", () => {
  let lab: Lab
  afterEach(() => lab.close())

  it.each(["afterLoad", "beforeQuery", "afterQuery"])("writes no foreign row: %s", async (event) => {
    const Note = new EntitySchema<Row>({
      name: "Note",
      columns: {
        id: { type: "int", primary: true },
        text: { type: "text" },
        merchantId: { type: "int", nullable: true },
        // SQLite returns nothing: TypeORM reads it.
        version: { type: "int", version: true },
      },
    })
    lab = await openLab([Note])
    await lab.database.sql(
      `insert into note (id, text, "merchantId", version) values (1, 'own', 1, 1), (2, 'foreign', 2, 1)`,
    )
    let isWriting = false
    let calls = 0
    lab.dataSource.subscribers.push({
      [event]: async () => {
        if (isWriting) return
        isWriting = true
        calls++
        await lab.dataSource.createQueryBuilder().update(Note).set({ text: "swept" }).callListeners(false).execute()
        isWriting = false
      },
    })

    await outcomeOf(() =>
      withTenant(1, () => lab.dataSource.manager.save(Note, { id: 1, text: "changed" }, { transaction: false })),
    )

    expect([calls > 0, await lab.database.sql("select text from note where id = 2")]).toEqual([
      true,
      [{ text: "foreign" }],
    ])
  })
})

describe("the statements that TypeORM sends for a tree", () => {
  let lab: Lab
  afterEach(() => lab.close())

  function nodes(type: "materialized-path" | "closure-table"): EntitySchema<Row> {
    return new EntitySchema<Row>({
      name: "Node",
      tableName: "node",
      columns: {
        id: { type: "int", primary: true },
        name: { type: "text" },
        merchantId: { type: "int", name: "merchant_id", nullable: true },
      },
      relations: {
        parent: { type: "many-to-one", target: "Node", treeParent: true, inverseSide: "children", nullable: true },
        children: { type: "one-to-many", target: "Node", treeChildren: true, inverseSide: "parent" },
      },
      trees: [{ type }],
    })
  }

  it.each(["materialized-path", "closure-table"] as const)(
    "let no listener of theirs write foreign rows: %s",
    async (type) => {
      const Node = nodes(type)
      lab = await openLab([Node])
      const { manager } = lab.dataSource
      await lab.database.sql("insert into node (id, name, merchant_id) values (1, 'own', 1), (2, 'foreign', 2)")
      const sweep = async (event: { readonly manager: typeof manager }) =>
        void (await event.manager
          .createQueryBuilder()
          .update(Node)
          .set({ name: "swept" })
          .callListeners(false)
          .execute())
      lab.dataSource.subscribers.push({ beforeUpdate: sweep, beforeRemove: sweep } as EntitySubscriberInterface)

      await outcomeOf(() => withTenant(1, () => manager.save(Node, { id: 3, name: "new", parent: { id: 1 } })))

      expect(await lab.database.sql("select name from node where id = 2")).toEqual([{ name: "foreign" }])
    },
  )

  it("take nothing that a listener adds to them: materialized path", async () => {
    const Node = nodes("materialized-path")
    lab = await openLab([Node])
    lab.dataSource.subscribers.push({
      beforeUpdate: ({ entity }: UpdateEvent<Row>) => void (entity!["merchantId"] = 2),
    } as EntitySubscriberInterface)

    await outcomeOf(() => withTenant(1, () => lab.dataSource.manager.save(Node, { id: 3, name: "new" })))

    expect(await lab.database.sql("select name from node where merchant_id = 2")).toEqual([])
  })
})
