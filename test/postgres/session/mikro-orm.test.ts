import { defineEntity, MikroORM, p } from "@mikro-orm/postgresql"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { withTenant } from "../../../src/index.ts"
import { withFailsafe } from "../../../src/mikro-orm/index.ts"
import { collectLeaks } from "../../../src/testing/index.ts"
import { withTenantSession } from "../../../src/postgres/mikro-orm/with-tenant-session.ts"
import { openItems, type Items } from "./support/items.ts"

const Item = defineEntity({
  name: "Item",
  properties: { id: p.integer().primary(), label: p.string(), tenantId: p.integer() },
})

const Note = defineEntity({
  name: "Note",
  properties: { id: p.integer().primary(), item: () => p.manyToOne(Item) },
})
const guard = { tenantProperty: "tenantId", entities: { Note: "item.tenantId" } }

describe("MikroORM with tenant sessions", () => {
  let items: Items
  let orm: MikroORM
  const statements: string[] = []

  beforeAll(async () => {
    items = await openItems()
    const logging = { debug: ["query" as const], colors: false, logger: (text: string) => statements.push(text) }
    const config = { entities: [Item, Note], clientUrl: items.url, pool: { max: 2 }, ...logging }
    orm = await MikroORM.init(withTenantSession(withFailsafe(config, guard)))
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

  it.each<[string, (read: (em: MikroORM["em"]) => Promise<void>) => Promise<void>]>([
    ["inside a transaction", (read) => orm.em.fork().transactional(read)],
    ["inside a nested one", (read) => orm.em.fork().transactional((em) => em.transactional(read))],
    ["outside of any", (read) => read(orm.em.fork())],
  ])("answers what the guard has to look up %s", async (_, within) => {
    statements.length = 0
    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, async () => {
        const found: { id: number }[] = []
        await within(async (em) => void found.push(...(await em.find(Note, {}, { orderBy: { id: 1 } }))))
        return found
      }),
    )

    const [, lookUp] = statements.filter((statement) => statement.includes("select"))
    expect(lookUp).toContain('join "item"')
    expect(result.map(({ id }) => id)).toEqual([1, 2])
    // The foreign note's item is hidden, so that nobody can tell whose the note is.
    const unknown = leaks.filter(({ what }) => what !== "rls-not-held")
    expect(unknown.map(({ what, rows }) => [what, rows])).toEqual([["unknown", 1]])
  })

  it("answers what the write guard has to look up inside a transaction", async () => {
    await withTenant(1, () =>
      orm.em.fork().transactional(async (em) => {
        em.getReference(Item, 1).label = "changed"
        await em.flush()
        em.getReference(Item, 2).label = "changed as well"
      }),
    )

    expect(await items.owner("select label from item where tenant_id = 1 order by id")).toEqual([
      { label: "changed" },
      { label: "changed as well" },
    ])
    await items.owner("update item set label = case id when 1 then 'a' else 'b' end where tenant_id = 1")
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
