import { defineEntity, p } from "@mikro-orm/core"
import { PostgreSqlDriver } from "@mikro-orm/postgresql"
import { MikroORM, type Options } from "@mikro-orm/sql"
import { withFailsafe } from "../../src/mikro-orm/index.ts"
import { batchOf, tenant, tenantSetting } from "./domain.ts"
import { flushesPerSample, type Execute, type Way, type WayConfig, type Work } from "./ways.ts"

/** New entity classes at each call, because MikroORM keeps state of an instance on the prototypes of its entities. */
export function shopEntities() {
  const policies = [{ using: `merchant_id = current_setting('${tenantSetting}', true)::int` }]
  const Customer = defineEntity({
    name: "Customer",
    policies,
    properties: {
      id: p.integer().primary(),
      batch: p.integer().index(),
      name: p.string(),
      merchantId: p.integer(),
      addresses: () => p.oneToMany(Address).mappedBy("customer"),
    },
  })
  const Address = defineEntity({
    name: "Address",
    policies,
    properties: {
      id: p.integer().primary(),
      street: p.string(),
      city: p.string(),
      postcode: p.string(),
      merchantId: p.integer(),
      customer: () => p.manyToOne(Customer).index(),
    },
  })
  return { Customer, Address }
}

export async function openMikroOrmWay({ name, guarded, clientUrl, role }: WayConfig): Promise<Way> {
  const { Customer, Address } = shopEntities()
  const condition = (args: { tenant: number }) => ({ merchantId: args.tenant })
  const config: Options = {
    driver: PostgreSqlDriver,
    clientUrl,
    entities: [Customer, Address],
    ...(name === "filter" && { filters: { tenant: { name: "tenant", cond: condition as never } } }),
  }
  const orm = await MikroORM.init(guarded ? withFailsafe(config, { tenantProperty: "merchantId" }) : config)
  await orm.connect()
  const session = role === undefined ? {} : { session: { variables: { [tenantSetting]: tenant }, role } }
  return {
    async load({ shape, ownership, strategy, task }: Work) {
      const em = orm.em.fork(name === "rls" ? session : {})
      if (name === "filter") em.setFilterParams("tenant", { tenant })
      // A table that was written to gives its rows in another order.
      const ordered = task === "flush" ? { orderBy: { addresses: { id: "asc" } } } : {}
      const options = { populate: ["addresses"], strategy, ...ordered } as never
      const loaded = await em.find(Customer, { batch: batchOf(shape, ownership) }, options)
      if (task !== "flush") return loaded
      const children = loaded.flatMap((customer) => customer.addresses.getItems(false))
      for (let count = 0; count < flushesPerSample; count++) {
        for (const child of children) child.street = `edited ${count % 2}`
        await em.flush()
      }
      return loaded
    },
    childrenOf: (customer) =>
      (customer as { addresses: { getItems(): { merchantId: number }[] } }).addresses.getItems(),
    intercept(wrap) {
      const connection = orm.driver.getConnection()
      if (orm.driver.getConnection("read") !== connection)
        throw new Error("The benchmark needs one connection per ORM.")
      const execute = wrap(connection.execute.bind(connection) as Execute)
      Object.defineProperty(connection, "execute", { value: execute })
    },
    close: () => orm.close(),
  }
}
