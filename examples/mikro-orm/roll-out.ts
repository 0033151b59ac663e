// How do I find out what it would drop, before it drops anything?
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import { defineEntity, MikroORM, NodeSqliteDialect, p, SqliteDriver } from "@mikro-orm/sql"
import { withTenant } from "tenant-failsafe"
import { withFailsafe } from "tenant-failsafe/mikro-orm"
import { collectLeaks, type LeakReport } from "tenant-failsafe/testing"

const Customer = defineEntity({
  name: "Customer",
  properties: () => ({ id: p.integer().primary(), addresses: () => p.oneToMany(Address).mappedBy("customer") }),
})
const Address = defineEntity({
  name: "Address",
  properties: () => ({
    id: p.integer().primary(),
    merchantId: p.integer(),
    customer: () => p.manyToOne(Customer),
  }),
})

export async function run(): Promise<readonly string[]> {
  const orm = await MikroORM.init(
    withFailsafe(
      {
        entities: [Customer, Address],
        driver: SqliteDriver,
        dbName: ":memory:",
        driverOptions: new NodeSqliteDialect(":memory:"),
      },
      { tenantProperty: "merchantId", onLeak: "report", noTenant: "report" },
    ),
  )
  await orm.schema.create()
  await orm.em.fork().insertMany(Customer, [{ id: 1 }])
  await orm.em.fork().insertMany(Address, [
    { id: 1, merchantId: 1, customer: 1 },
    { id: 2, merchantId: 2, customer: 1 },
  ])

  const seen: string[] = []
  const onLeak = (message: unknown): void => {
    const leak = message as LeakReport
    seen.push(`${leak.what}: ${leak.owner}.${leak.relation}, ${leak.rows} of ${leak.loaded}`)
  }
  subscribe("tenant-failsafe:leak", onLeak)
  const load = () => orm.em.fork().find(Customer, {}, { populate: ["addresses"] })
  // Outside collectLeaks, the records would go to stderr as well.
  const { result } = await collectLeaks(async () => {
    const withScope = await withTenant(1, load)
    const withoutScope = await load()
    return [...withScope, ...withoutScope].map(({ addresses }) => addresses.length)
  })
  unsubscribe("tenant-failsafe:leak", onLeak)
  await orm.close()
  return [...seen, `rows read: ${result.join(" and ")}`]
}
