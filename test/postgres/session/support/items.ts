import { randomBytes } from "node:crypto"
import { Client, Pool, escapeIdentifier, type PoolConfig } from "pg"
import { functionTexts } from "../../../../src/postgres/tenant-functions.ts"
import { openDatabase, type TestDatabase } from "../../../support/databases.ts"

/** A database with a table under row level security, and a role that owns nothing of it. */
export interface Items {
  readonly db: TestDatabase
  /** The address at which the application's role connects. */
  readonly url: string
  /** A pool of the application's role. */
  pool(options?: PoolConfig): Pool
  /** Runs one statement as the owner of everything. */
  owner<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>
  readonly ownerClient: Client
  close(): Promise<void>
}

/** Tenant 1 has the items 1 and 2, tenant 2 the item 3; each item but the second has a note. */
export async function openItems(): Promise<Items> {
  const db = await openDatabase("postgresql")
  const ownerUrl = String(db.ormConfig().clientUrl)
  const ownerClient = new Client({ connectionString: ownerUrl })
  await ownerClient.connect()
  const role = `app_${randomBytes(6).toString("hex")}`
  const functions = { schema: "app", setting: "app.tenant_id", setsSetting: "app.tenant_ids" }
  const statements = [
    "create schema app",
    "grant usage on schema app to public",
    ...functionTexts(functions).map(({ create }) => create),
    "create table item (id int primary key, label text not null, tenant_id int not null)",
    "alter table item enable row level security",
    "alter table item force row level security",
    "create policy tenant_failsafe on item using (tenant_id = (select app.tenant()::int)) " +
      "with check (tenant_id = (select app.tenant()::int))",
    "create table report (id int primary key, tenant_id int not null)",
    "alter table report enable row level security",
    "create policy tenant_failsafe on report using (tenant_id = any ((select app.tenants()::int[])::int[])) " +
      "with check (tenant_id = (select app.tenant()::int))",
    "create table currency (code text primary key, parent text references currency (code) deferrable initially deferred)",
    "insert into item values (1, 'a', 1), (2, 'b', 1), (3, 'c', 2)",
    "insert into report values (1, 1), (2, 2), (3, 3)",
    "insert into currency values ('EUR', null)",
    // Without row security: whose a note is, its item tells.
    "create table note (id int primary key, item_id int not null references item)",
    "insert into note values (1, 1), (2, 3)",
    `create role ${role} login password 'app' nosuperuser nobypassrls`,
    `grant select, insert, update, delete on all tables in schema public to ${role}`,
  ]
  for (const statement of statements) await ownerClient.query(statement)
  const url = new URL(ownerUrl)
  url.username = role
  url.password = "app"
  const pools: Pool[] = []
  return {
    db,
    url: url.href,
    ownerClient,
    pool(options) {
      const pool = new Pool({ connectionString: url.href, ...options })
      pool.on("error", () => {})
      pools.push(pool)
      return pool
    },
    async owner(text, values) {
      return (await ownerClient.query(text, values === undefined ? undefined : [...values])).rows as never
    },
    async close() {
      for (const pool of pools) await pool.end()
      await ownerClient.query(`drop owned by ${escapeIdentifier(role)}`)
      await ownerClient.query(`drop role ${escapeIdentifier(role)}`)
      await ownerClient.end()
      await db.close()
    },
  }
}
