import { Collection, defineEntity, EntitySchema, p } from "@mikro-orm/core"
import { Entity, ManyToOne, OneToMany, PrimaryKey, Property } from "@mikro-orm/decorators/legacy"
import { MikroORM } from "@mikro-orm/sql"
import { afterEach, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { FilteredCollection, withFailsafe } from "../../src/mikro-orm/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { refusalOf, rejectionOf } from "../core/support/refusal.ts"
import { openDatabase } from "../support/databases.ts"
import { idsOf } from "./support/shop.ts"

const opened: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const resource of opened.splice(0).toReversed()) await resource.close()
})

interface Row {
  id: number
}

interface CustomerLike extends Row {
  addresses: Collection<Row>
}

/** Each returns new classes: MikroORM shares prototypes between instances. */
const styles = {
  "legacy decorators": () => {
    @Entity()
    class Customer {
      @PrimaryKey({ type: "integer" })
      id!: number

      @OneToMany(() => Address, (address) => address.customer)
      addresses = new FilteredCollection<Address>(this)
    }

    @Entity()
    class Address {
      @PrimaryKey({ type: "integer" })
      id!: number

      @Property({ type: "integer", nullable: true })
      merchantId?: number | null

      @ManyToOne(() => Customer)
      customer!: Customer
    }
    return { Customer, entities: [Customer, Address] }
  },
  "EntitySchema with classes": () => {
    class Customer {
      id!: number
      addresses = new FilteredCollection<Address>(this)
    }
    class Address {
      id!: number
      merchantId?: number | null
      customer!: Customer
    }
    const schemas = [
      new EntitySchema<Customer>({
        class: Customer,
        properties: {
          id: { type: "integer", primary: true },
          addresses: { kind: "1:m", entity: () => Address, mappedBy: "customer" },
        },
      }),
      new EntitySchema<Address>({
        class: Address,
        properties: {
          id: { type: "integer", primary: true },
          merchantId: { type: "integer", nullable: true },
          customer: { kind: "m:1", entity: () => Customer },
        },
      }),
    ]
    return { Customer, entities: schemas }
  },
  "EntitySchema with a vanilla Collection": () => {
    class Customer {
      id!: number
      addresses = new Collection<Address>(this)
    }
    class Address {
      id!: number
      merchantId?: number | null
      customer!: Customer
    }
    const schemas = [
      new EntitySchema<Customer>({
        class: Customer,
        properties: {
          id: { type: "integer", primary: true },
          addresses: { kind: "1:m", entity: () => Address, mappedBy: "customer" },
        },
      }),
      new EntitySchema<Address>({
        class: Address,
        properties: {
          id: { type: "integer", primary: true },
          merchantId: { type: "integer", nullable: true },
          customer: { kind: "m:1", entity: () => Customer },
        },
      }),
    ]
    return { Customer, entities: schemas }
  },
  defineEntity: () => {
    const Customer = defineEntity({
      name: "Customer",
      properties: () => ({ id: p.integer().primary(), addresses: () => p.oneToMany(Address).mappedBy("customer") }),
    })
    const Address = defineEntity({
      name: "Address",
      properties: () => ({
        id: p.integer().primary(),
        merchantId: p.integer().nullable(),
        customer: () => p.manyToOne(Customer),
      }),
    })
    return { Customer, entities: [Customer, Address] }
  },
} satisfies Record<string, () => { Customer: unknown; entities: unknown[] }>

type Style = keyof typeof styles
const names = Object.keys(styles) as Style[]

async function open(style: Style, isGuarded = true, more: object = {}) {
  const database = await openDatabase("sqlite")
  opened.push(database)
  const { Customer, entities } = styles[style]()
  const config = { ...database.ormConfig(), entities: entities as never[], ...more }
  const orm = await MikroORM.init(isGuarded ? withFailsafe(config, { tenantProperty: "merchantId" }) : config)
  opened.push(orm)
  await orm.schema.create()
  await database.sql("insert into customer (id) values (1)")
  await database.sql("insert into address (id, merchant_id, customer_id) values (1, 1, 1), (2, 2, 1), (3, null, 1)")
  return { database, orm, Customer: Customer as new () => CustomerLike }
}

describe.each(names)("entities made by %s", (style) => {
  it.each(["joined", "select-in"] as const)("have filtered collections, loaded %s", async (strategy) => {
    const { orm, Customer } = await open(style)

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, () => orm.em.fork().findOneOrFail(Customer, { id: 1 }, { populate: ["addresses"], strategy })),
    )

    expect(idsOf(result.addresses)).toEqual([1, 3])
    expect(result.addresses).toBeInstanceOf(FilteredCollection)
    expect(leaks.map(({ what, owner, relation, dropped }) => [what, owner, relation, dropped])).toEqual([
      ["dropped", "Customer", "addresses", 1],
    ])
  })

  it("have filtered collections with forceEntityConstructor", async () => {
    const { orm, Customer } = await open(style, true, { forceEntityConstructor: true })

    const { result } = await collectLeaks(() =>
      withTenant(1, () => orm.em.fork().findOneOrFail(Customer, { id: 1 }, { populate: ["addresses"] })),
    )

    expect(idsOf(result.addresses)).toEqual([1, 3])
    expect(result.addresses).toBeInstanceOf(FilteredCollection)
  })

  it("have filtered collections on entities that the application creates and saves", async () => {
    const { orm, database, Customer } = await open(style)

    const { result } = await collectLeaks(() =>
      withTenant(1, async () => {
        const em = orm.em.fork()
        const customer = em.create(Customer, { id: 2 } as never)
        await em.persist(customer).flush()
        await database.sql("insert into address (id, merchant_id, customer_id) values (4, 1, 2), (5, 2, 2)")
        return await em.findOneOrFail(Customer, { id: 2 }, { populate: ["addresses"], refresh: true })
      }),
    )

    expect(idsOf(result.addresses)).toEqual([4])
    expect(result.addresses).toBeInstanceOf(FilteredCollection)
  })
})

describe.each(["legacy decorators", "EntitySchema with classes"] as const)(
  "a FilteredCollection without withFailsafe, by %s",
  (style) => {
    const notInstalled = {
      code: "NOT_INSTALLED",
      message:
        "Customer has a FilteredCollection, but its MikroORM was set up without the failsafe, so nothing would be filtered. Pass the " +
        "configuration through withFailsafe: MikroORM.init(withFailsafe(config, { tenantProperty: 'merchantId' })).",
      details: { owner: "Customer" },
    }

    it("is refused when its entity is persisted", async () => {
      const { orm, Customer } = await open(style, false)
      const customer = Object.assign(new Customer(), { id: 2 })

      expect(await rejectionOf(Promise.resolve().then(() => orm.em.fork().persist(customer).flush()))).toEqual(
        notInstalled,
      )
    })

    it("is refused when it is read", async () => {
      const { Customer } = await open(style, false)

      expect(refusalOf(() => new Customer().addresses.getItems())).toEqual(notInstalled)
    })

    it("is refused when an entity whose constructor runs is loaded", async () => {
      const { orm, Customer } = await open(style, false, { forceEntityConstructor: true })

      const load = async () => {
        const found = await orm.em.fork().findOneOrFail(Customer, { id: 1 }, { populate: ["addresses"] })
        // MikroORM may have put a collection of its own in place: then there is none that pretends to filter.
        if (found.addresses instanceof FilteredCollection) throw new Error("an unguarded FilteredCollection was loaded")
        return "MikroORM's own"
      }

      expect(await load().catch((error: { code?: string }) => error.code)).toMatch(/^(NOT_INSTALLED|MikroORM's own)$/)
    })

    it("is harmless while no ORM knows its entity", () => {
      const { Customer } = styles[style]()

      expect(new Customer().addresses.getItems()).toEqual([])
    })
  },
)
