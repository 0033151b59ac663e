import { EntitySchema, type EntitySchemaOptions } from "typeorm"
import { afterEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant } from "../../src/index.ts"
import { openLab, type Lab, type LabOptions } from "./support/lab.ts"
import { outcomeOf } from "./support/outcome.ts"

// Shapes of entities: embedded objects, inheritance, trees.
type Row = Record<string, unknown>

let lab: Lab
afterEach(() => lab.close())

const id = { type: "int", primary: true } as const
const label = { type: "text", nullable: true } as const
const merchantId = { type: "int", name: "merchant_id", nullable: true } as const

function entity(name: string, options: Partial<EntitySchemaOptions<Row>>): EntitySchema<Row> {
  return new EntitySchema<Row>({ name, tableName: name.toLowerCase(), ...options } as EntitySchemaOptions<Row>)
}

async function open(entities: readonly EntitySchema<Row>[], options: LabOptions = {}): Promise<void> {
  lab = await openLab([...entities], options)
}

const save = (schema: EntitySchema<Row>, rows: Row | Row[]) =>
  outcomeOf(() => withTenant(1, () => lab.dataSource.manager.save(schema, rows as Row[])))
describe("an embedded tenant", () => {
  const scope = () => new EntitySchema<Row>({ name: "Scope", columns: { merchantId, note: label } })
  const Device = () =>
    entity("Device", { columns: { id, label }, embeddeds: { scope: { schema: scope(), prefix: "" } } })
  const failsafe = { tenantProperty: "scope.merchantId" }

  it.each([{}, { scope: null }, { scope: {} }, { scope: { note: "n" } }, { scope: { merchantId: null } }])(
    "is stamped into %o, and taken back",
    async (given) => {
      const schema = Device()
      await open([schema], { failsafe })
      await lab.database.sql("insert into device (id, merchant_id) values (2, 2)")
      const device: Row = { id: 1, ...structuredClone(given) }
      await save(schema, [device, { id: 2, label: "changed" }])
      const afterRefusal = structuredClone(device)

      const outcome = await save(schema, device)

      expect([afterRefusal, outcome, await lab.database.sql("select merchant_id from device where id = 1")]).toEqual([
        { id: 1, ...given },
        ["done"],
        [{ merchant_id: 1 }],
      ])
    },
  )

  it("cannot be changed, nor by an object of its own", async () => {
    const schema = Device()
    await open([schema], { failsafe })
    await lab.database.sql("insert into device (id, merchant_id) values (1, 1)")

    const outcomes = [
      await save(schema, { id: 1, scope: { merchantId: 2 } }),
      await save(schema, { id: 1, scope: { merchantId: null } }),
      await save(schema, { id: 1, scope: { note: "n" } }),
    ]

    expect([outcomes, await lab.database.sql("select merchant_id, note from device")]).toEqual([
      [["TENANT_IMMUTABLE", "Device update 1"], ["TENANT_IMMUTABLE", "Device update 1"], ["done"]],
      [{ merchant_id: 1, note: "n" }],
    ])
  })

  it("is not given null by an entity that was saved without it", async () => {
    const schema = Device()
    await open([schema], { failsafe })
    await lab.database.sql("insert into device (id, merchant_id) values (1, 1)")
    const device: Row = { id: 1, label: "a" }
    const outcomes = [await save(schema, device), await save(schema, Object.assign(device, { label: "b" }))]

    expect([outcomes, await lab.database.sql("select label, merchant_id from device")]).toEqual([
      [["done"], ["done"]],
      [{ label: "b", merchant_id: 1 }],
    ])
  })
})

describe("single table inheritance", () => {
  class Payment {
    id!: number
    label!: string
  }
  class Card extends Payment {
    merchantId!: number | null
  }
  class Cash extends Payment {}
  const payments = () => {
    const base = { type: "text" } as const
    const columns = { id, label }
    return [
      new EntitySchema<Payment>({
        name: "Payment",
        target: Payment,
        tableName: "payment",
        columns: { ...columns, type: base } as never,
        inheritance: { pattern: "STI", column: "type" },
      }),
      new EntitySchema<Card>({
        name: "Card",
        target: Card,
        type: "entity-child",
        columns: { ...columns, merchantId },
        discriminatorValue: "card",
      }),
      new EntitySchema<Cash>({
        name: "Cash",
        target: Cash,
        type: "entity-child",
        columns,
        discriminatorValue: "cash",
      }),
    ] as unknown as EntitySchema<Row>[]
  }
  const of = <P extends Payment>(kind: new () => P, data: Partial<P>): P => Object.assign(new kind(), data)

  it("judges and stamps the kinds that have a tenant, and leaves the others alone", async () => {
    await open(payments())
    await lab.database.sql(
      "insert into payment (id, label, type, merchant_id) values (1, 'own', 'card', 1), (2, 'foreign', 'card', 2), (3, 'cash', 'cash', null)",
    )
    const each = (...rows: Payment[]) => outcomeOf(() => withTenant(1, () => lab.dataSource.manager.save(rows)))

    const outcomes = [
      await each(of(Card, { id: 1, label: "a" }), of(Cash, { id: 3, label: "b" })),
      await each(of(Card, { id: 2, label: "a" })),
      await each(of(Card, { id: 4, label: "c" }), of(Cash, { id: 5, label: "d" })),
    ]

    expect([outcomes, await lab.database.sql("select id, label, merchant_id from payment order by id")]).toEqual([
      [["done"], ["WRITE_FOREIGN", "Card update 1"], ["done"]],
      [
        { id: 1, label: "a", merchant_id: 1 },
        { id: 2, label: "foreign", merchant_id: 2 },
        { id: 3, label: "b", merchant_id: null },
        { id: 4, label: "c", merchant_id: 1 },
        { id: 5, label: "d", merchant_id: null },
      ],
    ])
  })

  it.each([Payment, Cash])("reaches no foreign row as one of another kind: %o", async (kind) => {
    await open(payments())
    await lab.database.sql("insert into payment (id, label, type, merchant_id) values (2, 'foreign', 'card', 2)")

    const outcomes = [
      await outcomeOf(() => withTenant(1, () => lab.dataSource.manager.save(of(kind, { id: 2, label: "taken" })))),
      await outcomeOf(() => withTenant(1, () => lab.dataSource.manager.remove(of(kind, { id: 2 })))),
    ]

    expect([outcomes.length, await lab.database.sql("select label, merchant_id from payment")]).toEqual([
      2,
      [{ label: "foreign", merchant_id: 2 }],
    ])
  })
})

describe("trees", () => {
  const Node = (type: "materialized-path" | "closure-table" | "nested-set") =>
    entity("Node", {
      columns: { id, label, merchantId },
      relations: {
        parent: { type: "many-to-one", target: "Node", treeParent: true, inverseSide: "children", nullable: true },
        children: { type: "one-to-many", target: "Node", treeChildren: true, inverseSide: "parent", cascade: true },
      } as never,
      trees: [{ type }],
    })
  const kinds = ["materialized-path", "closure-table", "nested-set"] as const

  async function openTree(type: (typeof kinds)[number]): Promise<EntitySchema<Row>> {
    const schema = Node(type)
    await open([schema])
    const { manager } = lab.dataSource
    await withoutTenant("seed", async () => {
      await manager.save(schema, { id: 1, label: "own", merchantId: 1 })
      if (type === "nested-set")
        await manager.save(schema, { id: 2, label: "foreign", merchantId: 2, parent: { id: 1 } })
      else await manager.save(schema, { id: 2, label: "foreign", merchantId: 2 })
    })
    return schema
  }
  const nodes = () => lab.database.sql(`select label, merchant_id, "parentId" from node order by id`)

  it.each(kinds)("take a new own node below an own one, and stamp it: %s", async (type) => {
    const schema = await openTree(type)

    const outcome = await save(schema, { id: 3, label: "new", parent: { id: 1 } })

    expect([outcome, (await nodes())[2]]).toEqual([["done"], { label: "new", merchant_id: 1, parentId: 1 }])
  })

  it.each(kinds)("take no node below a foreign one: %s", async (type) => {
    const schema = await openTree(type)
    const before = await nodes()

    const outcomes = [
      await save(schema, { id: 3, label: "new", parent: { id: 2 } }),
      await save(schema, { id: 2, children: [{ id: 3, label: "new" }] }),
    ]

    expect([outcomes.map(([outcome]) => outcome), await nodes()]).toEqual([["WRITE_FOREIGN", "WRITE_FOREIGN"], before])
  })

  it.each(kinds)("move no foreign node: %s", async (type) => {
    const schema = await openTree(type)
    const before = await nodes()

    const outcomes = [
      await save(schema, { id: 2, label: "changed" }),
      await save(schema, { id: 1, children: [{ id: 2, label: "changed" }] }),
    ]

    expect([outcomes.map(([outcome]) => outcome), await nodes()]).toEqual([["WRITE_FOREIGN", "WRITE_FOREIGN"], before])
  })

  it.each(["materialized-path", "closure-table"] as const)("move an own node to another own one: %s", async (type) => {
    const schema = await openTree(type)
    await save(schema, [{ id: 3, label: "a" }])
    await save(schema, [{ id: 4, label: "b", parent: { id: 3 } }])

    const outcome = await save(schema, { id: 4, label: "b", parent: { id: 1 } })

    const descendants = await withTenant(1, () => lab.dataSource.getTreeRepository(schema).findDescendants({ id: 1 }))
    expect([outcome, new Set(descendants.map((node) => node["id"]))]).toEqual([["done"], new Set([1, 4])])
  })
})
