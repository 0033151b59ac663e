import { PGlite } from "@electric-sql/pglite"
import { defineEntity, p } from "@mikro-orm/core"
import { defineConfig, MikroORM } from "@mikro-orm/pglite"
import { withFailsafe } from "tenant-failsafe/mikro-orm"
import type { ShopFront } from "./shop.ts"

export const mikroOrmShop: ShopFront<PGlite> = {
  orm: "MikroORM",
  save: "flush",
  openDatabase: () => PGlite.create(),
  async openShop(pglite, protection) {
    const config = defineConfig({ entities: [Customer, Address, Tag], dbName: "shop", driverOptions: { pglite } })
    const orm = await MikroORM.init(
      protection === "guarded" ? withFailsafe(config, { tenantProperty: "merchantId" }) : config,
    )

    // The forgotten filter: nothing here says whose addresses and tags are meant.
    async function listCustomers() {
      const em = orm.em.fork()
      const customers = await em.find(Customer, {}, { populate: ["addresses", "tags"], orderBy: { id: "asc" } })
      await em.flush()
      return customers
    }

    async function moveAddress(from: string, to: string) {
      const em = orm.em.fork()
      const customers = await em.find(Customer, {}, { populate: ["addresses"] })
      for (const customer of customers) {
        const address = customer.addresses.find((candidate) => candidate.street === from)
        if (address !== undefined) address.street = to
      }
      await em.flush()
    }

    return { listCustomers, moveAddress }
  },
}

const Customer = defineEntity({
  name: "Customer",
  properties: () => ({
    id: p.integer().primary(),
    name: p.string(),
    addresses: () => p.oneToMany(Address).mappedBy("customer").orderBy({ id: "asc" }),
    tags: () => p.manyToMany(Tag).orderBy({ id: "asc" }),
  }),
})

const Address = defineEntity({
  name: "Address",
  properties: () => ({
    id: p.integer().primary(),
    street: p.string(),
    merchantId: p.integer(),
    customer: () => p.manyToOne(Customer).nullable(),
  }),
})

const Tag = defineEntity({
  name: "Tag",
  properties: () => ({
    id: p.integer().primary(),
    label: p.string(),
    merchantId: p.integer().nullable(),
    customers: () => p.manyToMany(Customer).mappedBy("tags"),
  }),
})
