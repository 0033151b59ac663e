import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { hashOfKey } from "../../examples/items/api-keys.ts"
import { migrate } from "../../examples/items/migrate.ts"
import { roleStatements } from "../../examples/items/roles.ts"
import { start } from "../../examples/items/server.ts"
import { clientOf, openExampleLab, type ExampleLab } from "./support/example-lab.ts"

describe("examples/items", () => {
  let lab: ExampleLab
  let app: Awaited<ReturnType<typeof start>>

  beforeAll(async () => {
    lab = await openExampleLab()
    await lab.install(roleStatements(lab.env))
    await migrate(lab.env)
    app = await start(lab.env)
  })

  beforeEach(async () => {
    await lab.sql("truncate tenant, item, api_key restart identity cascade")
    await lab.sql("insert into tenant values (1, 'acme'), (2, 'globex'), (3, 'initech')")
    await lab.sql("insert into item (label, tenant_id) values ('anvil', 1), ('axe', 1), ('gear', 2)")
    for (const id of [1, 2, 3]) {
      await lab.sql("insert into api_key values ($1, $2)", [hashOfKey(`key-${id}`), id])
    }
  })

  afterAll(async () => {
    await app?.close()
    await lab?.close()
  })

  const as = (tenant: number, key = `key-${tenant}`) =>
    clientOf(app.url, { "x-tenant": String(tenant), authorization: `Bearer ${key}` })

  it("converges: a second migration finds nothing to do", async () => {
    expect(await migrate(lab.env)).toEqual([])
  })

  it("refuses a request without a tenant, with a foreign one, and with one that does not exist", async () => {
    const answers = [
      await clientOf(app.url, { authorization: "Bearer key-1" }).get("/tenants"),
      await as(2, "key-1").get("/tenants"),
      await as(9, "key-1").get("/tenants"),
      await clientOf(app.url, { "x-tenant": "1 or 1=1", authorization: "Bearer key-1" }).get("/tenants"),
    ]

    expect(answers.map(({ status }) => status)).toEqual([400, 404, 404, 400])
  })

  it("loads the tenant itself with its items", async () => {
    expect((await as(1).get("/tenants")).body).toEqual([{ name: "acme", items: ["anvil", "axe"] }])
    expect((await as(3).get("/tenants")).body).toEqual([{ name: "initech", items: [] }])
  })

  it("joins tenants and items in raw SQL, from both sides", async () => {
    expect((await as(2).get("/report")).body).toEqual([{ name: "globex", items: 1 }])
    expect((await as(3).get("/report")).body).toEqual([{ name: "initech", items: 0 }])
    expect((await as(1).get("/report/items")).body).toEqual([
      { label: "anvil", name: "acme" },
      { label: "axe", name: "acme" },
    ])
  })

  it("shows a route without a tenant nothing", async () => {
    expect(await clientOf(app.url).get("/health")).toEqual({ status: 200, body: { items: 0 } })
  })

  it("adds an item of the tenant", async () => {
    const { status } = await as(2).post("/items", { label: "wheel" })

    expect(status).toBe(200)
    expect(await lab.sql("select tenant_id from item where label = 'wheel'")).toEqual([{ tenant_id: 2 }])
  })

  it("refuses raw SQL that writes an item of another tenant", async () => {
    const own = await as(1).post("/import", { label: "saw", tenant: 1 })
    const foreign = await as(1).post("/import", { label: "saw", tenant: 2 })

    expect([own.status, foreign.status]).toEqual([200, 403])
    expect(await lab.sql("select tenant_id from item where label = 'saw'")).toEqual([{ tenant_id: 1 }])
  })

  it("gives 200 concurrent requests of three tenants their own rows", async () => {
    const expected = {
      1: [{ name: "acme", items: 2 }],
      2: [{ name: "globex", items: 1 }],
      3: [{ name: "initech", items: 0 }],
    }
    const tenants = Array.from({ length: 200 }, (_, index) => (1 + (index % 3)) as 1 | 2 | 3)

    const answers = await Promise.all(tenants.map((tenant) => as(tenant).get("/report")))

    expect(answers.map(({ body }) => body)).toEqual(tenants.map((tenant) => expected[tenant]))
  })
})
