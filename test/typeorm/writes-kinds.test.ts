import { EntitySchema, type EntitySchemaOptions, type ValueTransformer } from "typeorm"
import { afterEach, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { openLab, type Lab, type LabOptions } from "./support/lab.ts"
import { outcomeOf } from "./support/outcome.ts"

// Columns that hold a tenant.
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
const stored = async (table: string) =>
  (await lab.database.sql(`select * from ${table} order by id`)).map((row) => Object.values(row).join(" "))

describe("a tenant in a notation of its own", () => {
  /** Stored as `M-1`, known as `1`. */
  const code: ValueTransformer = {
    to: (value: unknown) => (typeof value === "number" ? `M-${value}` : value),
    from: (value: unknown) => (typeof value === "string" ? Number(value.slice(2)) : value),
  }
  const Parcel = () =>
    entity("Parcel", { columns: { id, label, merchantId: { ...merchantId, type: "text", transformer: code } } })

  it("is compared as the application knows it", async () => {
    const schema = Parcel()
    await open([schema])
    await lab.database.sql(
      "insert into parcel (id, label, merchant_id) values (1, 'own', 'M-1'), (2, 'foreign', 'M-2')",
    )

    const outcomes = [
      await save(schema, { id: 1, label: "changed" }),
      await save(schema, { id: 2, label: "changed" }),
      await save(schema, { id: 1, merchantId: 2 }),
      await save(schema, { id: 1, merchantId: 1, label: "again" }),
    ]

    expect([outcomes, await stored("parcel")]).toEqual([
      [["done"], ["WRITE_FOREIGN", "Parcel update 1"], ["TENANT_IMMUTABLE", "Parcel update 1"], ["done"]],
      ["1 again M-1", "2 foreign M-2"],
    ])
  })

  it("is stamped as the column takes it", async () => {
    const schema = Parcel()
    await open([schema])

    await save(schema, [
      { id: 1, label: "a" },
      { id: 2, label: "b", merchantId: null },
    ])

    expect(await stored("parcel")).toEqual(["1 a M-1", "2 b M-1"])
  })

  it("is no reason to write where nobody can tell whose a row is", async () => {
    const schema = entity("Parcel", {
      columns: {
        id,
        label,
        merchantId: { ...merchantId, transformer: { to: (v: unknown) => v, from: () => undefined } },
      },
    })
    await open([schema])
    await lab.database.sql("insert into parcel (id, label, merchant_id) values (1, 'own', 1)")

    const outcome = await save(schema, { id: 1, label: "changed" })

    expect([outcome[0], await stored("parcel")]).toEqual(["TENANT_UNKNOWN", ["1 own 1"]])
  })
})

describe("a tenant column", () => {
  it("that is not selected is looked up, and stamped", async () => {
    const schema = entity("Parcel", { columns: { id, label, merchantId: { ...merchantId, select: false } } })
    await open([schema])
    await lab.database.sql("insert into parcel (id, label, merchant_id) values (1, 'own', 1), (2, 'foreign', 2)")

    const outcomes = await withTenant(1, async () => {
      const { manager } = lab.dataSource
      const [own, foreign] = await manager.find(schema, { order: { id: "ASC" } })
      return [
        await outcomeOf(() => manager.save(schema, Object.assign(own!, { label: "changed" }))),
        await outcomeOf(() => manager.save(schema, Object.assign(foreign!, { label: "changed" }))),
        await outcomeOf(() => manager.save(schema, { id: 3, label: "new" })),
      ]
    })

    expect([outcomes, await stored("parcel")]).toEqual([
      [["done"], ["WRITE_FOREIGN", "Parcel update 1"], ["done"]],
      ["1 changed 1", "2 foreign 2", "3 new 1"],
    ])
  })

  it.each([{}, { select: false }])(
    "with %o is not given null by an entity that was saved without it, however often",
    async (more) => {
      const schema = entity("Parcel", { columns: { id, label, merchantId: { ...merchantId, ...more } } })
      await open([schema])
      await lab.database.sql("insert into parcel (id, label, merchant_id) values (1, 'own', 1)")
      const parcel: Row = await withTenant(1, () =>
        lab.dataSource.manager.findOneOrFail(schema, { where: { id: 1 }, select: { id: true, label: true } }),
      )
      const outcomes: unknown[] = []

      for (const text of ["a", "b", "c"]) outcomes.push(await save(schema, Object.assign(parcel, { label: text })))

      expect([outcomes, await stored("parcel")]).toEqual([[["done"], ["done"], ["done"]], ["1 c 1"]])
    },
  )

  it("that TypeORM does not update cannot be moved, and does not hinder a save", async () => {
    const schema = entity("Parcel", { columns: { id, label, merchantId: { ...merchantId, update: false } } })
    await open([schema])
    await lab.database.sql("insert into parcel (id, label, merchant_id) values (1, 'own', 1)")

    const outcome = await save(schema, { id: 1, label: "changed", merchantId: 2 })

    expect([outcome, await stored("parcel")]).toEqual([["done"], ["1 changed 1"]])
  })

  it("that TypeORM does not insert is the database's to fill: nobody can tell with what", async () => {
    const schema = entity("Parcel", {
      columns: { id, label, merchantId: { ...merchantId, insert: false, default: 2 } },
    })
    await open([schema])

    const outcomes = [await save(schema, { id: 1, merchantId: 1 }), await save(schema, { id: 2 })]

    expect([outcomes.map(([outcome]) => outcome === "done"), await stored("parcel")]).toEqual([[false, false], []])
  })

  it("with a default is stamped instead", async () => {
    const schema = entity("Parcel", { columns: { id, label, merchantId: { ...merchantId, default: 2 } } })
    await open([schema])

    const outcome = await save(schema, { id: 1, label: "new" })

    expect([outcome, await stored("parcel")]).toEqual([["done"], ["1 new 1"]])
  })

  it.each(["insert", "update"])("takes no SQL that nobody can tell the tenant from, in an %s", async (operation) => {
    const schema = entity("Parcel", { columns: { id, label, merchantId } })
    await open([schema])
    await lab.database.sql("insert into parcel (id, label, merchant_id) values (1, 'own', 1)")

    const outcome = await save(schema, { id: operation === "insert" ? 2 : 1, merchantId: () => "2" })

    expect([outcome[0] === "done", await stored("parcel")]).toEqual([false, ["1 own 1"]])
  })

  it("that is part of the key is stamped", async () => {
    const schema = entity("Parcel", { columns: { id, label, merchantId: { type: "int", primary: true } } })
    await open([schema])

    const outcomes = [
      await save(schema, { id: 1, label: "new" }),
      await save(schema, { id: 1, label: "foreign", merchantId: 2 }),
    ]

    expect([outcomes, await stored("parcel")]).toEqual([[["done"], ["WRITE_FOREIGN", "Parcel insert 1"]], ["1 new 1"]])
  })

  it("that is part of the key cannot be changed to reach a foreign row", async () => {
    const schema = entity("Parcel", { columns: { id, merchantId: { type: "int", primary: true }, label } })
    await open([schema])
    await lab.database.sql(`insert into parcel (id, "merchantId", label) values (1, 1, 'own'), (1, 2, 'foreign')`)
    const parcel = await withTenant(1, () => lab.dataSource.manager.findOneByOrFail(schema, { merchantId: 1 }))

    const outcome = await save(schema, Object.assign(parcel, { merchantId: 2, label: "changed" }))

    expect([outcome[0], (await stored("parcel")).toSorted()]).toEqual(["WRITE_FOREIGN", ["1 1 own", "1 2 foreign"]])
  })
})
