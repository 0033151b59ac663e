import "reflect-metadata"
import { DataSource, EntitySchema } from "typeorm"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { withTenantSession } from "../../src/postgres/typeorm/with-tenant-session.ts"
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

describe("TypeORM with tenant sessions", () => {
  let items: Items
  let source: DataSource

  beforeAll(async () => {
    items = await openItems()
    const plain = new DataSource({ type: "postgres", url: items.url, entities: [Item], extra: { max: 2 } })
    source = withTenantSession(withFailsafe(plain, { tenantProperty: "tenantId" }))
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
