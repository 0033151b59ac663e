import { Client } from "pg"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { companyMigrations } from "../../examples/companies/company-tables.ts"
import { roleStatements } from "../../examples/companies/roles.ts"
import { start } from "../../examples/companies/server.ts"
import { createSharedTables } from "../../examples/companies/shared-tables.ts"
import { provisionSchema } from "../../src/postgres/index.ts"
import { clientOf, openExampleLab, type ExampleLab } from "./support/example-lab.ts"

describe("examples/companies", () => {
  let lab: ExampleLab
  let env: Readonly<Record<string, string>>
  let app: Awaited<ReturnType<typeof start>>
  let operator: ReturnType<typeof clientOf>

  beforeAll(async () => {
    lab = await openExampleLab()
    env = { ...lab.env, OPERATOR_TOKEN: "the operator of this test" }
    await lab.install(roleStatements(env))
    await createSharedTables(env)
    await createSharedTables(env)
    app = await start(env)
    operator = clientOf(app.url, { authorization: "Bearer the operator of this test" })
    for (const name of ["acme", "globex"])
      await operator.post("/companies", { name, login: `${name}-boss`, password: "secret" })
  })

  afterAll(async () => {
    await app?.close()
    await lab?.close()
  })

  async function signedIn(company: string) {
    const client = clientOf(app.url)
    await client.post("/login", { login: `${company}-boss`, password: "secret" })
    return client
  }

  const titles = ({ body }: { readonly body: unknown }) =>
    (body as { readonly title: string }[]).map(({ title }) => title)

  it("refuses who did not sign in, signed in wrongly, or made a session up", async () => {
    const answers = [
      await clientOf(app.url).get("/projects"),
      await clientOf(app.url).post("/login", { login: "acme-boss", password: "wrong" }),
      await clientOf(app.url, { cookie: "session=forged" }).get("/projects"),
    ]

    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401])
  })

  it("ends a session for whoever has its cookie", async () => {
    const { headers } = await fetch(new URL("/login", app.url), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ login: "acme-boss", password: "secret" }),
    })
    const withCookie = () => clientOf(app.url, { cookie: headers.getSetCookie()[0]!.split(";")[0]! })
    const before = await withCookie().get("/projects")
    await withCookie().post("/logout")

    const after = await withCookie().get("/projects")

    expect([before.status, after.status]).toEqual([200, 401])
  })

  it("gives each company its own tables, by the same statements", async () => {
    const [acme, globex] = [await signedIn("acme"), await signedIn("globex")]
    await acme.post("/projects", { title: "anvil" })
    await globex.post("/projects", { title: "gear" })

    expect([titles(await acme.get("/projects")), titles(await globex.get("/projects"))]).toEqual([["anvil"], ["gear"]])
    expect(await lab.sql("select title from globex.project")).toEqual([{ title: "gear" }])
  })

  it("gives 100 concurrent requests of two companies their own tables", async () => {
    const expected = await Promise.all(
      ["acme", "globex"].map(async (name) => (await (await signedIn(name)).get("/projects")).body),
    )
    const clients = [await signedIn("acme"), await signedIn("globex")]

    const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => clients[index % 2]!.get("/projects")))

    expect(answers.map(({ body }) => body)).toEqual(answers.map((_, index) => expected[index % 2]))
  })

  it("provisions a company over HTTP that works at once", async () => {
    const { status } = await operator.post("/companies", { name: "initech", login: "initech-boss", password: "secret" })
    const client = await signedIn("initech")
    await client.post("/projects", { title: "stapler" })

    expect([status, titles(await client.get("/projects"))]).toEqual([201, ["stapler"]])
  })

  it("lets nobody but operators provision", async () => {
    const acme = await signedIn("acme")

    const statuses = await Promise.all(
      ["/companies", "/migrations"].map(async (path) => (await acme.post(path, { name: "umbrella" })).status),
    )

    expect(statuses).toEqual([401, 401])
  })

  it.each([
    ["a name that is there", { name: "acme", login: "new" }, 409],
    ["a login that is there", { name: "umbrella", login: "acme-boss" }, 409],
    ["a name that is no schema's", { name: 'x"; drop schema acme cascade; --', login: "new" }, 400],
    ["a schema of PostgreSQL's", { name: "pg_temp", login: "new" }, 400],
  ])("refuses %s, and leaves nothing of it", async (_, company, status) => {
    const before = await lab.sql("select schema from company order by id")

    const answer = await operator.post("/companies", { ...company, password: "secret" })

    expect(answer.status).toBe(status)
    expect(await lab.sql("select schema from company order by id")).toEqual(before)
    expect(await lab.sql("select from account where login = 'new'")).toEqual([])
  })

  it("migrates the companies that are behind, tells who fails, and compares them", async () => {
    const migrator = new Client({ connectionString: env["MIGRATOR_URL"]! })
    await migrator.connect()
    await provisionSchema(migrator, "behind", companyMigrations(env).slice(0, 2))
    await provisionSchema(migrator, "broken", companyMigrations(env).slice(0, 2))
    await migrator.query("alter table broken.project add due_on text")
    await migrator.query("insert into company (schema, is_ready) values ('behind', true), ('broken', true)")
    await migrator.end()

    const { body } = await operator.post("/migrations")

    expect(body).toMatchObject({
      unchanged: expect.arrayContaining(["acme", "globex"]) as string[],
      migrated: ["behind"],
      failed: ["broken"],
      drift: [{ schema: "broken" }],
    })
  })

  describe("in the database", () => {
    async function asApp(statement: string): Promise<unknown[]> {
      const client = new Client({ connectionString: env["DATABASE_URL"]! })
      await client.connect()
      try {
        return (await client.query(statement)).rows
      } finally {
        await client.end()
      }
    }

    it.each([
      "update company set schema = 'globex'",
      "insert into account values ('me', '', 1)",
      "create schema mine",
      "drop table acme.project",
    ])("does not let the application: %s", async (statement) => {
      await expect(asApp(statement)).rejects.toMatchObject({ code: "42501" })
    })

    it("has no tables of a company for who names none", async () => {
      await expect(asApp("select from project")).rejects.toMatchObject({ code: "42P01" })
    })

    it("is no wall: SQL that names a company's schema reaches it", async () => {
      expect(await asApp("select count(*) > 0 as reached from globex.project")).toEqual([{ reached: true }])
    })
  })
})
