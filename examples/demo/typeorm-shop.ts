import { DataSource, EntitySchema } from "typeorm"
import { getPGliteInstance, PGliteDriver } from "typeorm-pglite"
import { withFailsafe, type FilteredCollection } from "tenant-failsafe/typeorm"
import type { ShopFront } from "./shop.ts"

// Runs on the one instance that `getPGliteInstance` returns.
const { driver } = new PGliteDriver({ dataDir: "memory://" })

export const typeormShop: ShopFront<Awaited<ReturnType<typeof getPGliteInstance>>> = {
  orm: "TypeORM",
  save: "save",
  openDatabase: () => getPGliteInstance(),
  async openShop(_, protection) {
    const plain = new DataSource({ type: "postgres", driver, entities: [CustomerSchema, AddressSchema, TagSchema] })
    const shop = protection === "guarded" ? withFailsafe(plain, { tenantProperty: "merchantId" }) : plain
    await shop.initialize()
    const repository = shop.getRepository(CustomerSchema)

    // The forgotten filter: nothing here says whose addresses and tags are meant.
    async function listCustomers() {
      const customers = await repository.find({
        relations: { addresses: true, tags: true },
        order: { id: "asc", addresses: { id: "asc" }, tags: { id: "asc" } },
      })
      // In the plain shop, nothing is missing from the customers; here, what was dropped must not look removed.
      await repository.save(customers)
      return customers
    }

    async function moveAddress(from: string, to: string) {
      const customers = await repository.find({ relations: { addresses: true } })
      for (const customer of customers) {
        const address = customer.addresses.find((candidate) => candidate.street === from)
        if (address !== undefined) address.street = to
      }
      await repository.save(customers)
    }

    return { listCustomers, moveAddress }
  },
}

interface Customer {
  id: number
  name: string
  addresses: FilteredCollection<Address>
  tags: FilteredCollection<Tag>
}

interface Address {
  id: number
  street: string
  merchantId: number
  customer: Customer | null
}

interface Tag {
  id: number
  label: string
  merchantId: number | null
}

const CustomerSchema = new EntitySchema<Customer>({
  name: "Customer",
  tableName: "customer",
  columns: { id: { type: "int", primary: true }, name: { type: "text" } },
  relations: {
    addresses: { type: "one-to-many", target: "Address", inverseSide: "customer", cascade: true },
    tags: {
      type: "many-to-many",
      target: "Tag",
      joinTable: {
        name: "customer_tags",
        joinColumn: { name: "customer_id" },
        inverseJoinColumn: { name: "tag_id" },
      },
    },
  },
})

const AddressSchema = new EntitySchema<Address>({
  name: "Address",
  tableName: "address",
  columns: {
    id: { type: "int", primary: true },
    street: { type: "text" },
    merchantId: { name: "merchant_id", type: "int" },
  },
  relations: {
    customer: {
      type: "many-to-one",
      target: "Customer",
      inverseSide: "addresses",
      joinColumn: { name: "customer_id" },
      nullable: true,
    },
  },
})

const TagSchema = new EntitySchema<Tag>({
  name: "Tag",
  tableName: "tag",
  columns: {
    id: { type: "int", primary: true },
    label: { type: "text" },
    merchantId: { name: "merchant_id", type: "int", nullable: true },
  },
})
