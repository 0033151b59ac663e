import "reflect-metadata"
import { DataSource, EntitySchema, type EntityManager, type Logger } from "typeorm"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { withTenantSession } from "../../src/postgres/typeorm/with-tenant-session.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { withFailsafe } from "../../src/typeorm/index.ts"
import { openItems, type Items } from "../postgres/session/support/items.ts"

interface Row {
  id: number
  label: string
  tenantId: number
}

const Item = new EntitySchema<Row>({
  name: "Item",
  columns: {
    id: { type: "int", primary: true },
    label: { type: "text" },
    tenantId: { type: "int", name: "tenant_id" },
  },
})

const Note = new EntitySchema<{ id: number; item: Row }>({
  name: "Note",
  columns: { id: { type: "int", primary: true } },
  relations: { item: { type: "many-to-one", target: "Item", joinColumn: { name: "item_id" }, nullable: false } },
})

const guard = { tenantProperty: "tenantId", entities: { Note: "item.tenantId" } }

describe("TypeORM with tenant sessions", () => {
  let items: Items
  let source: DataSource
  const statements: string[] = []

  beforeAll(async () => {
    items = await openItems()
    const silent = () => {}
    const logger: Logger = {
      logQuery: (query) => void statements.push(query),
      logQueryError: silent,
      logQuerySlow: silent,
      logSchemaBuild: silent,
      logMigration: silent,
      log: silent,
    }
    const plain = new DataSource({
      type: "postgres",
      url: items.url,
      entities: [Item, Note],
      extra: { max: 2 },
      logging: true,
      logger,
    })
    source = withTenantSession(withFailsafe(plain, guard))
    await source.initialize()
  })

  afterAll(async () => {
    if (source?.isInitialized) await source.destroy()
    await items.close()
  })

  const labels = (rows: readonly { label: string }[]) => rows.map(({ label }) => label).toSorted()

  it.each<[string, () => Promise<readonly { label: string }[]>]>([
    ["find", () => source.manager.find(Item)],
    ["a query builder", () => source.manager.createQueryBuilder(Item, "item").getMany()],
    ["a query builder's rows", () => source.manager.createQueryBuilder(Item, "item").select("label").getRawMany()],
    ["a transaction", () => source.transaction((manager) => manager.find(Item))],
    ["a nested transaction", () => source.transaction((outer) => outer.transaction((manager) => manager.find(Item)))],
    ["query", () => source.query("select label from item")],
  ])("reads the rows of the tenant by %s", async (_, read) => {
    expect(labels(await withTenant(1, read))).toEqual(["a", "b"])
    expect(labels(await withTenant(2, read))).toEqual(["c"])
  })

  it.each<[string, (read: (manager: EntityManager) => Promise<void>) => Promise<void>]>([
    ["inside a transaction", (read) => source.transaction(read)],
    ["inside a nested one", (read) => source.transaction((manager) => manager.transaction(read))],
    ["outside of any", (read) => read(source.manager)],
  ])("answers what the guard has to look up %s", async (_, within) => {
    statements.length = 0
    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, async () => {
        const found: { id: number }[] = []
        await within(async (manager) => void found.push(...(await manager.find(Note, { order: { id: "ASC" } }))))
        return found
      }),
    )

    const [, lookUp] = statements.filter((statement) => statement.startsWith("SELECT"))
    expect(lookUp).toContain('JOIN "item"')
    expect(result.map(({ id }) => id)).toEqual([1, 2])
    // The foreign note's item is hidden, so that nobody can tell whose the note is.
    const unknown = leaks.filter(({ what }) => what !== "rls-not-held")
    expect(unknown.map(({ what, rows }) => [what, rows])).toEqual([["unknown", 1]])
  })

  it("saves the rows of the tenant", async () => {
    await withTenant(1, () => source.manager.save(Item, { id: 20, label: "new", tenantId: 1 }))
    expect(await items.owner("delete from item where id = 20 returning tenant_id")).toEqual([{ tenant_id: 1 }])
  })

  it("gives 200 concurrent requests on two connections their own rows", async () => {
    const tenants = Array.from({ length: 200 }, (_, index) => 1 + (index % 2))
    const read = async (tenant: number) => labels(await withTenant(tenant, () => source.manager.find(Item)))
    const expected = tenants.map((tenant) => (tenant === 1 ? ["a", "b"] : ["c"]))
    expect(await Promise.all(tenants.map(read))).toEqual(expected)
  })

  it("comes too late after initialize(), and needs PostgreSQL", () => {
    expect(() => withTenantSession(source)).toThrow("before dataSource.initialize()")
    const other = new DataSource({ type: "sqljs", entities: [] })
    expect(() => withTenantSession(other)).toThrow("has no pool of pg")
  })
})
