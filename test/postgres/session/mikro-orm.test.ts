import { defineEntity, MikroORM, p } from "@mikro-orm/postgresql"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { withTenant } from "../../../src/index.ts"
import { withFailsafe } from "../../../src/mikro-orm/index.ts"
import { withTenantSession } from "../../../src/postgres/mikro-orm/with-tenant-session.ts"
import { openItems, type Items } from "./support/items.ts"

const Item = defineEntity({
  name: "Item",
  properties: { id: p.integer().primary(), label: p.string(), tenantId: p.integer() },
})

describe("MikroORM with tenant sessions", () => {
  let items: Items
  let orm: MikroORM

  beforeAll(async () => {
    items = await openItems()
    const config = { entities: [Item], clientUrl: items.url, pool: { max: 2 } }
    orm = await MikroORM.init(withTenantSession(withFailsafe(config, { tenantProperty: "tenantId" })))
  })

  afterAll(async () => {
    await orm?.close()
    await items.close()
  })

  const labels = (rows: readonly { label: string }[]) => rows.map(({ label }) => label).toSorted()

  it.each<[string, () => Promise<readonly { label: string }[]>]>([
    ["find", () => orm.em.fork().find(Item, {})],
    ["a query builder", () => orm.em.fork().createQueryBuilder(Item).getResultList()],
    ["a query builder's rows", () => orm.em.fork().createQueryBuilder(Item).execute("all")],
    ["a transaction", () => orm.em.fork().transactional((em) => em.find(Item, {}))],
    [
      "a nested transaction",
      () => orm.em.fork().transactional((em) => em.transactional((inner) => inner.find(Item, {}))),
    ],
    ["em.execute", () => orm.em.fork().execute("select label from item")],
    ["the connection", () => orm.em.getConnection().execute("select label from item")],
    [
      "Kysely",
      () => orm.em.fork().getKysely<{ item: { label: string } }>().selectFrom("item").select("label").execute(),
    ],
    ["a stream in a transaction", () => orm.em.fork().transactional((em) => all(em.stream(Item, { where: {} })))],
  ])("reads the rows of the tenant by %s", async (_, read) => {
    expect(labels(await withTenant(1, read))).toEqual(["a", "b"])
    expect(labels(await withTenant(2, read))).toEqual(["c"])
  })

  it("refuses a stream outside a transaction", async () => {
    const read = () => all(orm.em.fork().stream(Item, { where: {} }))
    await expect(withTenant(1, read)).rejects.toThrow("A cursor or stream was opened outside a transaction")
  })

  it("flushes the rows of the tenant", async () => {
    await withTenant(1, async () => {
      const em = orm.em.fork()
      em.create(Item, { id: 20, label: "new", tenantId: 1 })
      await em.flush()
    })
    expect(await items.owner("delete from item where id = 20 returning tenant_id")).toEqual([{ tenant_id: 1 }])
  })

  it("gives 200 concurrent requests on two connections their own rows", async () => {
    const tenants = Array.from({ length: 200 }, (_, index) => 1 + (index % 2))
    const read = async (tenant: number) => labels(await withTenant(tenant, () => orm.em.fork().find(Item, {})))
    const expected = tenants.map((tenant) => (tenant === 1 ? ["a", "b"] : ["c"]))
    expect(await Promise.all(tenants.map(read))).toEqual(expected)
  })

  it("keeps the application's own hook of the pool, and refuses a dialect of its own", async () => {
    const pools: unknown[] = []
    const config = {
      entities: [Item],
      clientUrl: items.url,
      driverOptions: { onPoolCreated: (pool: unknown) => pools.push(pool) },
    }
    const other = await MikroORM.init(withTenantSession(config))
    const seen = await withTenant(2, () => other.em.fork().find(Item, {}))
    await other.close()
    expect([pools.length, labels(seen)]).toEqual([1, ["c"]])
    expect(() => withTenantSession({ driverOptions: { createDriver() {} } })).toThrow(
      "driverOptions is a dialect of your own",
    )
  })
})

async function all<Row>(rows: AsyncIterable<Row>): Promise<Row[]> {
  const found: Row[] = []
  for await (const row of rows) found.push(row)
  return found
}
