import {
  ChildEntity,
  Column,
  DataSource,
  Entity,
  Index,
  JoinColumn,
  JoinTable,
  ManyToMany,
  ManyToOne,
  OneToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  TableInheritance,
  Tree,
  TreeChildren,
  TreeParent,
  Unique,
} from "typeorm"
import { Client } from "pg"
import { afterEach, describe, expect, it } from "vitest"
import { tenantModel, withFailsafe, type FailsafeOptions } from "../../src/typeorm/index.ts"
import { rowSecurity, rowSecurityChanges, runInTransaction } from "../../src/postgres/index.ts"
import { refusalOf } from "../core/support/refusal.ts"
import { describedByCatalog, describedByModel } from "../postgres/support/described.ts"
import { openDatabase } from "../support/databases.ts"

const opened: { close(): Promise<unknown> }[] = []

afterEach(async () => {
  for (const resource of opened.splice(0).toReversed()) await resource.close()
})

function entities() {
  @Entity()
  class Merchant {
    @PrimaryGeneratedColumn("uuid") id!: string
    @Column({ type: "varchar", length: 40, unique: true }) slug!: string
  }
  class Scope {
    @Column({ type: "uuid" }) merchantId!: string
    @Column({ type: "text", nullable: true }) label!: string | null
  }
  @Entity({ schema: "labels" })
  class Tag {
    @PrimaryColumn({ type: "bigint" }) id!: string
    @Column(() => Scope) scope!: Scope
    @Index() @Column({ type: "timestamptz", nullable: true }) since!: Date | null
  }
  @Entity()
  class Customer {
    @PrimaryGeneratedColumn() id!: number
    @ManyToOne(() => Merchant, { nullable: false, onDelete: "CASCADE" }) merchant!: Merchant
    @ManyToMany(() => Tag) @JoinTable() tags!: Tag[]
  }
  @Entity("purchase")
  @Unique(["customer", "number"])
  class Order {
    @PrimaryColumn({ type: "int" }) id!: number
    @Column({ type: "varchar" }) number!: string
    @ManyToOne(() => Customer, { onDelete: "SET NULL" }) customer!: Customer | null
  }
  @Entity()
  class Invoice {
    @PrimaryColumn({ type: "int" }) id!: number
    @OneToOne(() => Order, { nullable: false }) @JoinColumn() order!: Order
  }
  return [Merchant, Tag, Customer, Order, Invoice]
}

const shop: FailsafeOptions = {
  tenantProperty: ["merchant", "scope.merchantId"],
  entities: { Order: "customer.merchant", Invoice: "order.customer.merchant.slug" },
}

function hierarchies() {
  @Entity()
  @TableInheritance({ column: { type: "varchar", name: "kind" } })
  class Animal {
    @PrimaryColumn({ type: "int" }) id!: number
    @Column({ type: "int" }) merchantId!: number
  }
  @ChildEntity()
  class Cat extends Animal {
    @Column({ type: "varchar" }) colour!: string
  }
  @ChildEntity()
  class Dog extends Animal {
    @ManyToOne(() => Cat) chases!: Cat | null
  }
  @Entity()
  @Tree("closure-table")
  class Folder {
    @PrimaryGeneratedColumn() id!: number
    @Column({ type: "int", nullable: true }) merchantId!: number | null
    @TreeParent() parent!: Folder | null
    @TreeChildren() children!: Folder[]
  }
  return [Animal, Cat, Dog, Folder]
}

async function open(list: ReturnType<typeof entities>, options: FailsafeOptions) {
  const database = await openDatabase("postgresql")
  await database.sql("create schema labels")
  const plain = new DataSource({ ...database.dataSourceOptions(), entities: list, synchronize: true })
  const dataSource = await withFailsafe(plain, options).initialize()
  opened.push(database, { close: () => dataSource.destroy() })
  return { dataSource, database }
}

describe("tenantModel of TypeORM", () => {
  it.each([
    ["relations, junctions, schemas and embedded objects", entities, shop],
    ["hierarchies and trees", hierarchies as () => never[], { tenantProperty: "merchantId" }],
  ])("describes the tables that TypeORM creates: %s", async (_, list, options) => {
    const { dataSource, database } = await open(list(), options)

    const described = describedByModel(tenantModel(dataSource))

    expect(described).toEqual(await describedByCatalog(database))
  })

  it.each(["denormalise", "exists", "array"] as const)(
    "is enough for policies of the form %s that hold",
    async (form) => {
      const { dataSource, database } = await open(entities(), shop)
      const model = tenantModel(dataSource)
      const client = {
        query: async (text: string, values?: readonly unknown[]) => ({ rows: await database.sql(text, values) }),
      }
      const admin = new Client({ connectionString: database.ormConfig().clientUrl! })
      await admin.connect()
      opened.push({ close: () => admin.end() })
      const line = form === "denormalise" ? "exists" : form
      const options = {
        infer: ["customer_tags_tag"],
        form,
        foreignKeys: "scoped",
        entities: { Invoice: { form: line } },
      } as const

      await runInTransaction(admin, rowSecurity(model, options).up)

      expect((await rowSecurityChanges(client, model, options)).up).toEqual([])
    },
  )

  it("names the column of each entity's tenant, and the references that lead to it", async () => {
    const { dataSource } = await open(entities(), shop)

    const sources = tenantModel(dataSource).tables.map(({ entity, tenant }) => [
      entity,
      tenant && [tenant.path, ...tenant.through.map(({ columns }) => columns.join()), tenant.column],
    ])

    expect(Object.fromEntries(sources)).toEqual({
      Merchant: undefined,
      Tag: ["scope.merchantId", { name: "scopeMerchantid", type: "uuid", isNullable: false }],
      Customer: ["merchant", { name: "merchantId", type: "uuid", isNullable: false }],
      Order: ["customer.merchant", "customerId", { name: "merchantId", type: "uuid", isNullable: false }],
      Invoice: [
        "order.customer.merchant.slug",
        "orderId",
        "customerId",
        "merchantId",
        { name: "slug", type: "character varying(40)", isNullable: false },
      ],
      customer_tags_tag: undefined,
    })
  })

  it("lists parents before what refers to them", async () => {
    const { dataSource } = await open(entities().toReversed(), shop)

    const names = tenantModel(dataSource).tables.map(({ name }) => name)

    expect(["merchant", "customer", "purchase", "invoice"].map((name) => names.indexOf(name))).toEqual(
      ["merchant", "customer", "purchase", "invoice"].map((name) => names.indexOf(name)).toSorted((a, b) => a - b),
    )
  })

  it.each([
    ["is not guarded", async () => new DataSource({ type: "postgres", entities: [] })],
    [
      "is not initialised",
      async () => withFailsafe(new DataSource({ type: "postgres", entities: [] }), { tenantProperty: "merchantId" }),
    ],
  ])("refuses a DataSource that %s", async (_, make) => {
    const dataSource = await make()

    expect(refusalOf(() => tenantModel(dataSource))).toEqual({
      code: "NOT_INSTALLED",
      message:
        "tenantModel needs a guarded DataSource: call withFailsafe(dataSource, { tenantProperty }), then " +
        "dataSource.initialize().",
      details: {},
    })
  })

  it("refuses entities of one table that disagree about the tenant", async () => {
    const options = { tenantProperty: "merchantId", entities: { Cat: false } } as const
    const { dataSource } = await open(hierarchies() as never[], options)

    expect(refusalOf(() => tenantModel(dataSource)).message).toMatch(
      /^Animal and (Cat|Dog) share the table 'animal', but the one's tenant is .+ and the other's .+\. A policy judges a table: give them the same path in entities\.$/,
    )
  })
})
