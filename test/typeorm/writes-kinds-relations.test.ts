import { EntitySchema, type EntitySchemaOptions } from "typeorm"
import { afterEach, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { openLab, type Lab, type LabOptions } from "./support/lab.ts"
import { outcomeOf } from "./support/outcome.ts"

// Tenants that are relations, and keys that several relations share.
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

describe("a tenant that is a relation", () => {
  const entities = (lazy = false, more: object = {}) => {
    const Merchant = entity("Merchant", {
      columns: { id, label },
      relations: {
        accounts: { type: "one-to-many", target: "Account", inverseSide: "merchant", cascade: true, lazy },
      } as never,
    })
    const Account = entity("Account", {
      columns: { id, label, ...more },
      relations: {
        merchant: {
          type: "many-to-one",
          target: "Merchant",
          inverseSide: "accounts",
          joinColumn: { name: "merchant_id" },
          nullable: true,
          lazy,
        },
      } as never,
    })
    return { Merchant, Account }
  }
  const failsafe = { tenantProperty: "merchant" }

  async function openAccounts(lazy = false, more: object = {}) {
    const made = entities(lazy, more)
    await open(Object.values(made), { failsafe })
    await lab.database.sql("insert into merchant (id, label) values (1, 'one'), (2, 'two')")
    await lab.database.sql("insert into account (id, label, merchant_id) values (1, 'own', 1), (2, 'foreign', 2)")
    return made
  }

  it.each([false, true])("is stamped and judged, lazy: %s", async (lazy) => {
    const { Account } = await openAccounts(lazy)

    const outcomes = [
      await save(Account, { id: 3, label: "new" }),
      await save(Account, { id: 2, label: "changed" }),
      await save(Account, { id: 1, label: "changed" }),
    ]

    expect([outcomes, await lab.database.sql("select label, merchant_id from account order by id")]).toEqual([
      [["done"], ["WRITE_FOREIGN", "Account update 1"], ["done"]],
      [
        { label: "changed", merchant_id: 1 },
        { label: "foreign", merchant_id: 2 },
        { label: "new", merchant_id: 1 },
      ],
    ])
  })

  it.each([false, true])("is taken back from what was not saved, lazy: %s", async (lazy) => {
    const { Account } = await openAccounts(lazy)
    const entity: Row = lab.dataSource.manager.create(Account, { id: 3, label: "new" })
    const plain: Row = { id: 4, label: "new" }
    await save(Account, [entity, plain, { id: 2, label: "changed" }])

    await withTenant(2, () => lab.dataSource.manager.save(Account, [entity, plain]))

    expect(await lab.database.sql("select merchant_id from account where id > 2")).toEqual([
      { merchant_id: 2 },
      { merchant_id: 2 },
    ])
  })

  it.each([
    ["the relation", { merchant: { id: 2 } }],
    ["the key", { merchantId: 2 }],
    ["both", { merchantId: 1, merchant: { id: 2 } }],
    ["null", { merchant: null }],
  ])("cannot be changed by %s", async (_, change) => {
    const { Account } = await openAccounts(false, { merchantId })
    const account = await withTenant(1, () => lab.dataSource.manager.findOneByOrFail(Account, { id: 1 }))

    const outcome = await save(Account, Object.assign(account, change))

    expect([outcome, await lab.database.sql("select merchant_id from account where id = 1")]).toEqual([
      ["TENANT_IMMUTABLE", "Account update 1"],
      [{ merchant_id: 1 }],
    ])
  })

  it("is not stamped over what the tenant's own collection says", async () => {
    const { Merchant } = await openAccounts()

    const outcome = await save(Merchant, { id: 2, accounts: [{ id: 2 }, { id: 3, label: "new" }] })

    expect([outcome[0], await lab.database.sql("select id from account order by id")]).toEqual([
      "WRITE_FOREIGN",
      [{ id: 1 }, { id: 2 }],
    ])
  })

  it("is what the tenant's own collection says", async () => {
    const { Merchant } = await openAccounts()

    const outcome = await save(Merchant, { id: 1, accounts: [{ id: 1 }, { id: 3, label: "new" }] })

    expect([outcome, await lab.database.sql("select merchant_id from account where id = 3")]).toEqual([
      ["done"],
      [{ merchant_id: 1 }],
    ])
  })

  it("is that of a new merchant for nobody's scope", async () => {
    const { Account } = await openAccounts()

    const outcome = await save(Account, { id: 3, label: "new", merchant: { id: 4 } })

    expect(outcome).toEqual(["WRITE_FOREIGN", "Account insert 1"])
  })
})

describe("a key that is a tenant's and a relation's at once", () => {
  const entities = () => {
    const product = {
      type: "many-to-one",
      target: "Product",
      nullable: true,
      joinColumn: [
        { name: "merchant_id", referencedColumnName: "merchantId" },
        { name: "product_id", referencedColumnName: "id" },
      ],
    }
    const Product = entity("Product", {
      columns: { id, merchantId: { type: "int", name: "merchant_id", primary: true }, label },
    })
    const Price = entity("Price", { columns: { id, label, merchantId }, relations: { product } as never })
    return { Product, Price }
  }

  it.each([{}, { unfiltered: { "Price.product": "test" } }, { entities: { Product: false } } as const])(
    "does not give a row to another tenant, with %o",
    async (failsafe) => {
      const { Product, Price } = entities()
      await open([Product, Price], { failsafe })
      await lab.database.sql("insert into product (id, merchant_id) values (1, 1), (2, 2)")
      await lab.database.sql("insert into price (id, label, merchant_id, product_id) values (1, 'own', 1, 1)")

      const outcomes = [
        await save(Price, { id: 1, product: { id: 2, merchantId: 2 } }),
        await save(Price, { id: 2, product: { id: 2, merchantId: 2 } }),
        await save(Price, { id: 3, merchantId: 1, product: { id: 2, merchantId: 2 } }),
      ]

      expect([outcomes.map(([outcome]) => outcome === "done"), await stored("price")]).toEqual([
        [false, false, false],
        ["1 own 1 1"],
      ])
    },
  )
})

describe("a key that is a tenant's and two relations' at once", () => {
  it("does not give a row to another tenant by either of them", async () => {
    const columns = { id, merchantId: { type: "int", name: "merchant_id", primary: true }, label }
    const to = (target: string, column: string) => ({
      type: "many-to-one",
      target,
      nullable: true,
      joinColumn: [
        { name: "merchant_id", referencedColumnName: "merchantId" },
        { name: column, referencedColumnName: "id" },
      ],
    })
    const [Product, Shelf] = [entity("Product", { columns } as never), entity("Shelf", { columns } as never)]
    const Price = entity("Price", {
      columns: { id, label, merchantId },
      relations: { product: to("Product", "product_id"), shelf: to("Shelf", "shelf_id") } as never,
    })
    await open([Product, Shelf, Price], { failsafe: { entities: { Product: false, Shelf: false } } })
    await lab.database.sql("insert into product (id, merchant_id) values (1, 1), (2, 2)")
    await lab.database.sql("insert into shelf (id, merchant_id) values (1, 1), (2, 2)")
    await lab.database.sql("insert into price (id, label, merchant_id) values (1, 'own', 1)")

    const outcomes = [
      await save(Price, { id: 1, product: { id: 2, merchantId: 2 } }),
      await save(Price, { id: 1, shelf: { id: 2, merchantId: 2 } }),
      await save(Price, { id: 2, product: { id: 2, merchantId: 2 } }),
      await save(Price, { id: 3, shelf: { id: 2, merchantId: 2 } }),
    ]

    expect([outcomes.map(([outcome]) => outcome), await lab.database.sql("select id, merchant_id from price")]).toEqual(
      [["TENANT_IMMUTABLE", "TENANT_IMMUTABLE", "WRITE_FOREIGN", "WRITE_FOREIGN"], [{ id: 1, merchant_id: 1 }]],
    )
  })
})
