import { defineEntity, MikroORM as CoreOrm, p } from "@mikro-orm/core"
import { Entity, Enum, ManyToOne, PrimaryKey, Property } from "@mikro-orm/decorators/legacy"
import { MikroORM } from "@mikro-orm/sql"
import { Client } from "pg"
import { afterEach, describe, expect, it } from "vitest"
import { tenantModel, withFailsafe, type FailsafeOptions } from "../../src/mikro-orm/index.ts"
import { rowSecurity, rowSecurityChanges, runInTransaction } from "../../src/postgres/index.ts"
import { refusalOf } from "../core/support/refusal.ts"
import { describedByCatalog, describedByModel } from "../postgres/support/described.ts"
import { openDatabase } from "../support/databases.ts"

const opened: { close(): Promise<unknown> }[] = []

afterEach(async () => {
  for (const resource of opened.splice(0).toReversed()) await resource.close()
})

function entities() {
  const Merchant = defineEntity({
    name: "Merchant",
    properties: { id: p.uuid().primary(), slug: p.string().length(40).unique() },
  })
  const Scope = defineEntity({
    name: "Scope",
    embeddable: true,
    properties: { merchantId: p.uuid(), label: p.text() },
  } as never) as never
  const Customer = defineEntity({
    name: "Customer",
    properties: () => ({
      id: p.integer().primary(),
      merchant: () => p.manyToOne(Merchant).deleteRule("cascade"),
      tags: () => p.manyToMany(Tag),
    }),
  })
  const Tag = defineEntity({
    name: "Tag",
    schema: "labels",
    properties: {
      id: p.bigint().primary(),
      scope: () => p.embedded(Scope),
      since: p.datetime().nullable().index(),
      customers: () => p.manyToMany(Customer).mappedBy("tags" as never),
    },
  } as never) as never
  const Order = defineEntity({
    name: "Order",
    tableName: "purchase",
    uniques: [{ properties: ["customer", "number"] }],
    properties: () => ({
      id: p.integer().primary(),
      number: p.string(),
      customer: () => p.manyToOne(Customer).nullable().deleteRule("set null"),
    }),
  })
  const Line = defineEntity({
    name: "Line",
    properties: () => ({
      order: () => p.manyToOne(Order).primary(),
      place: p.smallint().primary(),
      history: () => p.embedded(Scope).array().nullable(),
    }),
  })
  return [Merchant, Customer, Tag, Order, Line]
}

const shop: FailsafeOptions = {
  tenantProperty: ["merchant", "scope.merchantId"],
  entities: { Order: "customer.merchant", Line: "order.customer.merchant.slug" },
}

/** Animals in one table, vehicles in a table each. */
function hierarchies() {
  @Entity({ discriminatorColumn: "kind", abstract: true })
  class Animal {
    @PrimaryKey({ type: "integer" }) id!: number
    @Enum({ items: ["cat", "dog"], type: "string" }) kind!: "cat" | "dog"
    @Property({ type: "integer" }) merchantId!: number
  }
  @Entity({ discriminatorValue: "cat" })
  class Cat extends Animal {
    @Property({ type: "string" }) colour!: string
  }
  @Entity({ discriminatorValue: "dog" })
  class Dog extends Animal {
    @ManyToOne(() => Cat, { nullable: true }) chases!: Cat | null
  }
  @Entity({ inheritance: "tpt" })
  class Vehicle {
    @PrimaryKey({ type: "integer" }) id!: number
    @Property({ type: "integer", nullable: true }) merchantId!: number | null
  }
  @Entity()
  class Car extends Vehicle {
    @Property({ type: "integer" }) doors!: number
  }
  return [Animal, Cat, Dog, Vehicle, Car]
}

async function open(list: readonly unknown[], options: FailsafeOptions, config: object = {}) {
  const database = await openDatabase("postgresql")
  opened.push(database)
  const orm = await MikroORM.init(
    withFailsafe({ ...database.ormConfig(), entities: list as never, ...config }, options),
  )
  opened.push(orm)
  return { orm, database }
}

describe("tenantModel of MikroORM", () => {
  it.each([
    ["relations, junctions, schemas, embedded objects and composite keys", entities, shop],
    ["hierarchies in one table and in a table each", hierarchies, { tenantProperty: "merchantId" }],
  ])("describes the tables that MikroORM creates: %s", async (_, list, options) => {
    const { orm, database } = await open(list(), options)
    await orm.schema.create()

    const described = describedByModel(tenantModel(orm))

    expect(described).toEqual(await describedByCatalog(database))
  })

  it.each(["denormalise", "exists", "array"] as const)(
    "is enough for policies of the form %s that hold",
    async (form) => {
      const { orm, database } = await open(entities(), shop)
      await orm.schema.create()
      const model = tenantModel(orm)
      const client = {
        query: async (text: string, values?: readonly unknown[]) => ({ rows: await database.sql(text, values) }),
      }
      const admin = new Client({ connectionString: database.ormConfig().clientUrl! })
      await admin.connect()
      opened.push({ close: () => admin.end() })
      const line = form === "denormalise" ? "exists" : form
      const options = {
        infer: ["customer_tags"],
        form,
        foreignKeys: "scoped",
        entities: { Line: { form: line } },
      } as const

      await runInTransaction(admin, rowSecurity(model, options).up)

      expect((await rowSecurityChanges(client, model, options)).up).toEqual([])
    },
  )

  it("names the column of each entity's tenant, and the references that lead to it", async () => {
    const { orm } = await open(entities(), shop)

    const sources = tenantModel(orm).tables.map(({ entity, tenant }) => [
      entity,
      tenant && [tenant.path, ...tenant.through.map(({ columns }) => columns.join()), tenant.column],
    ])

    expect(Object.fromEntries(sources)).toEqual({
      Merchant: undefined,
      Customer: ["merchant", { name: "merchant_id", type: "uuid", isNullable: false }],
      Tag: ["scope.merchantId", { name: "scope_merchant_id", type: "uuid", isNullable: false }],
      Order: ["customer.merchant", "customer_id", { name: "merchant_id", type: "uuid", isNullable: false }],
      Line: [
        "order.customer.merchant.slug",
        "order_id",
        "customer_id",
        "merchant_id",
        { name: "slug", type: "varchar(40)", isNullable: false },
      ],
      customer_tags: undefined,
    })
  })

  it("finds the tenant of a derived entity in its parent's table", async () => {
    const { orm } = await open(hierarchies(), { tenantProperty: "merchantId" })

    const car = tenantModel(orm).tables.find(({ entity }) => entity === "Car")

    expect(car?.tenant).toEqual({
      path: "merchantId",
      through: [
        {
          columns: ["id"],
          target: { schema: "public", name: "vehicle" },
          targetColumns: ["id"],
          isNullable: false,
          onDelete: "cascade",
        },
      ],
      column: { name: "merchant_id", type: "int", isNullable: true },
    })
  })

  it("lists parents before what refers to them", async () => {
    const { orm } = await open(entities().toReversed(), shop)

    expect(tenantModel(orm).tables.map(({ name }) => name)).toEqual([
      "tag",
      "merchant",
      "customer",
      "purchase",
      "line",
      "customer_tags",
    ])
  })

  it("puts tables into the schema of the configuration", async () => {
    const { orm } = await open(hierarchies(), { tenantProperty: "merchantId" }, { schema: "zoo" })

    expect(tenantModel(orm).tables.map(({ schema }) => schema)).toEqual(["zoo", "zoo", "zoo"])
  })

  it("refuses an ORM that is not guarded", async () => {
    const database = await openDatabase("sqlite")
    const orm = await CoreOrm.init({ ...database.ormConfig(), entities: entities() as never })
    opened.push(database, orm)

    expect(refusalOf(() => tenantModel(orm))).toEqual({
      code: "NOT_INSTALLED",
      message: "tenantModel needs a guarded MikroORM: initialise it with withFailsafe(config, { tenantProperty }).",
      details: {},
    })
  })

  it("refuses entities of one table that disagree about the tenant", async () => {
    const options = { tenantProperty: "merchantId", entities: { Cat: false } } as const
    const { orm } = await open(hierarchies(), options)

    expect(refusalOf(() => tenantModel(orm)).message).toBe(
      "Animal and Cat share the table 'animal', but the one's tenant is 'merchantId' and the other's undefined. A policy " +
        "judges a table: give them the same path in entities.",
    )
  })
})
