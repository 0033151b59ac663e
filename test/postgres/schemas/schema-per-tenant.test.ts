import { Client, Pool } from "pg"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant, withTenants, type TenantId } from "../../../src/index.ts"
import { schemaDrift } from "../../../src/postgres/schemas/drift.ts"
import { migrateSchemas, provisionSchema, type SchemaMigration } from "../../../src/postgres/schemas/provision.ts"
import { tenantSession } from "../../../src/postgres/session/tenant-session.ts"
import { openDatabase, type TestDatabase } from "../../support/databases.ts"

const migrations: readonly SchemaMigration[] = [
  { name: "001-notes", up: ["create table note (id int primary key, label text not null default 'new')"] },
  { name: "002-index", up: (client) => client.query("create index note_label on note (label)") },
]

describe("a schema per tenant", () => {
  let db: TestDatabase
  let url: string
  let client: Client

  beforeAll(async () => {
    db = await openDatabase("postgresql")
    url = String(db.ormConfig().clientUrl)
    client = new Client({ connectionString: url })
    await client.connect()
    await client.query("create table company (id int primary key, schema text not null)")
    await client.query("insert into company values (1, 'acme'), (2, 'globex'), (3, 'Robert''; drop table company')")
  })

  beforeEach(async () => {
    for (const name of ["acme", "globex", "initech"]) await client.query(`drop schema if exists ${name} cascade`)
  })

  afterAll(async () => {
    await client?.end()
    await db?.close()
  })

  describe("in a session", () => {
    let asked: TenantId[]
    let pool: Pool

    beforeEach(async () => {
      asked = []
      const lookup = new Pool({ connectionString: url, max: 1 })
      pool = tenantSession(new Pool({ connectionString: url, max: 2 }), {
        schemas: {
          async find(tenant) {
            asked.push(tenant)
            const { rows } = await lookup.query<{ schema: string }>("select schema from company where id = $1", [
              tenant,
            ])
            return rows[0]?.schema
          },
        },
      })
      await migrateSchemas(client, ["acme", "globex"], migrations)
      await client.query("insert into acme.note values (1, 'a')")
      await client.query("insert into globex.note values (1, 'g')")
      return async () => {
        await pool.end()
        await lookup.end()
      }
    })

    const labels = async () =>
      (await pool.query<{ label: string }>("select label from note")).rows.map(({ label }) => label)

    it("means the tables of the tenant, and those that all share", async () => {
      const seen = await withTenant(1, async () => [
        ...(await labels()),
        (await pool.query("select from company")).rowCount,
      ])
      expect(seen).toEqual(["a", 3])
    })

    it("gives 100 concurrent requests on two connections their own tables, and asks once for each tenant", async () => {
      const tenants = Array.from({ length: 100 }, (_, index) => 1 + (index % 2))
      const seen = await Promise.all(tenants.map((tenant) => withTenant(tenant, labels)))
      expect(seen).toEqual(tenants.map((tenant) => [tenant === 1 ? "a" : "g"]))
      expect(new Set(asked)).toEqual(new Set([1, 2]))
      expect(asked).toHaveLength(2)
    })

    it("leaves the next statement of the connection nothing", async () => {
      await withTenant(1, labels)
      await expect(labels()).rejects.toThrow('relation "note" does not exist')
      await expect(withoutTenant("export", labels)).rejects.toThrow('relation "note" does not exist')
      expect((await pool.query("show search_path")).rows).toEqual([{ search_path: "public" }])
    })

    it("holds in a transaction, whose begin waits for the look-up", async () => {
      const seen = await withTenant(2, async () => {
        const one = await pool.connect()
        try {
          const sent = [one.query("begin"), one.query("select label from note"), one.query("commit")]
          return (await Promise.all(sent))[1]!.rows as unknown
        } finally {
          one.release()
        }
      })
      expect(seen).toEqual([{ label: "g" }])
    })

    it.each([
      ["a tenant that has none", () => withTenant(9, labels), "TENANT_INVALID"],
      ["a name that is no schema's", () => withTenant(3, labels), "OPTION_INVALID"],
      ["several tenants", () => withTenants([1, 2], "report", labels), "TENANT_AMBIGUOUS"],
    ])("refuses %s", async (_, run, code) => {
      await expect(run()).rejects.toMatchObject({ code })
    })

    it("finds a schema that was made after it was asked for", async () => {
      await expect(withTenant(4, labels)).rejects.toMatchObject({ code: "TENANT_INVALID" })
      await client.query("insert into company values (4, 'initech')")
      await provisionSchema(client, "initech", migrations)
      expect(await withTenant(4, labels)).toEqual([])
      await client.query("delete from company where id = 4")
    })
  })

  describe("provisioned", () => {
    it("has every migration once", async () => {
      expect(await provisionSchema(client, "acme", migrations)).toEqual(["001-notes", "002-index"])
      expect(await provisionSchema(client, "acme", migrations)).toEqual([])
    })

    it("stays as it was where a migration fails", async () => {
      await provisionSchema(client, "acme", migrations.slice(0, 1))
      const broken = { name: "003-broken", up: ["create table half (id int)", "select nothing"] }
      await expect(provisionSchema(client, "acme", [...migrations, broken])).rejects.toThrow("does not exist")
      expect((await client.query("select to_regclass('acme.half') as half")).rows).toEqual([{ half: null }])
      expect(await provisionSchema(client, "acme", migrations)).toEqual(["002-index"])
    })

    it("by two at a time is migrated once", async () => {
      const other = new Client({ connectionString: url })
      await other.connect()
      const both = await Promise.all([client, other].map((one) => provisionSchema(one, "acme", migrations)))
      await other.end()
      expect(both.flat()).toEqual(migrations.map(({ name }) => name))
    })

    it.each([
      "Acme",
      "pg_acme",
      "public",
      "information_schema",
      "a-b",
      'a"; drop schema acme; --',
      "",
      "1a",
      "x".repeat(64),
    ])("refuses the name %j, without repeating it", async (name) => {
      const refused = provisionSchema(client, name, migrations)
      await expect(refused).rejects.toMatchObject({ code: "OPTION_INVALID" })
      await expect(refused).rejects.toThrow("A tenant's schema needs a name of lower-case letters")
    })

    it("goes through all schemas, tells how far it is, and resumes where it stopped", async () => {
      await provisionSchema(client, "acme", migrations)
      await client.query("create schema globex")
      await client.query("create table globex.note (unlike int)")
      const steps: unknown[] = []
      const run = () =>
        migrateSchemas(client, ["acme", "globex", "initech"], migrations, {
          onProgress: ({ schema, done, of, applied, error }) =>
            steps.push([schema, done, of, applied.length, error !== undefined]),
        })
      const first = await run()
      await client.query("drop table globex.note")
      const second = await run()
      expect(first).toMatchObject({ migrated: [], unchanged: ["acme"], failed: [{ schema: "globex" }] })
      expect(second).toEqual({ migrated: ["globex", "initech"], unchanged: ["acme"], failed: [] })
      expect(steps).toEqual([
        ["acme", 1, 3, 0, false],
        ["globex", 2, 3, 0, true],
        ["acme", 1, 3, 0, false],
        ["globex", 2, 3, 2, false],
        ["initech", 3, 3, 2, false],
      ])
    })

    it("goes on behind a schema that fails where that is wanted", async () => {
      await client.query("create schema globex")
      await client.query("create table globex.note (unlike int)")
      const report = await migrateSchemas(client, ["globex", "initech"], migrations, { onError: "go on" })
      expect(report).toMatchObject({ migrated: ["initech"], failed: [{ schema: "globex" }] })
    })
  })

  describe("compared with another", () => {
    beforeEach(() => migrateSchemas(client, ["acme", "globex", "initech"], migrations))

    it("is the same where the migrations are", async () => {
      expect(await schemaDrift(client, "acme", ["globex", "initech"])).toEqual([])
    })

    it.each([
      ["a table", "create table initech.extra (id int)", [], ["column extra.id integer", "table extra"]],
      [
        "a column's default",
        "alter table initech.note alter label drop default",
        ["column note.label text not null default 'new'::text"],
        ["column note.label text not null"],
      ],
      ["an index", "drop index initech.note_label", [expect.stringContaining("CREATE INDEX note_label ON note")], []],
      [
        "a constraint",
        "alter table initech.note add constraint short check (length(label) < 9)",
        [],
        ["constraint note.short CHECK ((length(label) < 9))"],
      ],
      [
        "a view",
        "create view initech.labels as select label from initech.note",
        [],
        expect.arrayContaining(["view labels"]),
      ],
      ["row level security", "alter table initech.note enable row level security", [], ["row level security of note"]],
    ])("differs by %s", async (_, change, missing, extra) => {
      await client.query(change)
      expect(await schemaDrift(client, "acme", ["globex", "initech"])).toEqual([{ schema: "initech", missing, extra }])
    })
  })
})
