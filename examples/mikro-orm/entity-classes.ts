// How do I use it with entity classes?
import { EntitySchema, MikroORM, NodeSqliteDialect, SqliteDriver } from "@mikro-orm/sql"
import { withTenant } from "tenant-failsafe"
import { FilteredCollection, withFailsafe } from "tenant-failsafe/mikro-orm"

class Customer {
  id!: number
  name!: string
  readonly addresses = new FilteredCollection<Address>(this)
}

class Address {
  id!: number
  street!: string
  merchantId!: number
  customer!: Customer
}

const customerSchema = new EntitySchema({
  class: Customer,
  properties: {
    id: { type: "number", primary: true },
    name: { type: "string" },
    addresses: { kind: "1:m", entity: () => Address, mappedBy: "customer" },
  },
})
const addressSchema = new EntitySchema({
  class: Address,
  properties: {
    id: { type: "number", primary: true },
    street: { type: "string" },
    merchantId: { type: "number" },
    customer: { kind: "m:1", entity: () => Customer },
  },
})

export async function run(): Promise<readonly string[]> {
  const orm = await MikroORM.init(
    withFailsafe(
      {
        entities: [customerSchema, addressSchema],
        driver: SqliteDriver,
        dbName: ":memory:",
        driverOptions: new NodeSqliteDialect(":memory:"),
      },
      { tenantProperty: "merchantId" },
    ),
  )
  await orm.schema.create()
  for (const [merchant, street] of [
    [1, "Acme St 1"],
    [2, "Globex Rd 2"],
  ] as const) {
    await withTenant(merchant, async () => {
      const em = orm.em.fork()
      const customer = (await em.findOne(Customer, 1)) ?? em.create(Customer, { id: 1, name: "Ada" })
      customer.addresses.add(em.create(Address, { id: merchant, street, merchantId: merchant, customer }))
      await em.flush()
    })
  }
  const streets = await withTenant(1, async () => {
    const customer = await orm.em.fork().findOneOrFail(Customer, 1, { populate: ["addresses"] })
    return customer.addresses.map(({ street }) => street)
  })
  await orm.close()
  return streets
}
