import { randomBytes } from "node:crypto"
import type { PGlite } from "@electric-sql/pglite"
import { Client, escapeIdentifier } from "pg"
import { inject } from "vitest"
import { runInTransaction, type SqlClient } from "../../../src/postgres/index.ts"
import { openDatabase, type TestDatabase } from "../../support/databases.ts"

type Row = Record<string, unknown>

/** A database in which an application works under a role that owns nothing. */
export interface Lab {
  readonly database: TestDatabase
  /** A superuser's connection. */
  readonly admin: SqlClient
  readonly role: string
  /** The address of the application's role; undefined in PGlite, which has one connection. */
  readonly appUrl: string | undefined
  /** Runs the statements as the superuser, in one transaction. */
  apply(statements: readonly string[]): Promise<void>
  /** The application's role gets to the tables that are there now. */
  grant(schema?: string): Promise<void>
  /** What the last statement returns when the application runs them for a tenant; whatever they did is taken back. */
  asTenant(tenant: string | undefined, ...statements: readonly string[]): Promise<Row[]>
  /** The same with settings of one's own. */
  withSettings(settings: Readonly<Record<string, string>>, ...statements: readonly string[]): Promise<Row[]>
  close(): Promise<void>
}

export async function openLab(kind: "postgresql" | "pglite", statements: readonly string[] = []): Promise<Lab> {
  const database = await openDatabase(kind)
  const role = `app_${randomBytes(6).toString("hex")}`
  const lab = kind === "postgresql" ? await onServer(database, role) : await inProcess(database, role)
  await lab.apply(statements)
  await lab.grant()
  return lab
}

async function onServer(database: TestDatabase, role: string): Promise<Lab> {
  const url = new URL(database.ormConfig().clientUrl!)
  const admin = await connect(url.href)
  await admin.query(`create role ${escapeIdentifier(role)} login password 'app'`)
  url.username = role
  url.password = "app"
  const app = await connect(url.href)
  return {
    ...lab(database, role, admin),
    appUrl: url.href,
    withSettings: (settings, ...statements) => takenBack(app, settings, statements),
    asTenant: (tenant, ...statements) => takenBack(app, settingsOf(tenant), statements),
    async close() {
      await Promise.all([admin.end(), app.end()])
      await database.close()
      const server = await connect(inject("postgresUrl"))
      await server.query(`drop role ${escapeIdentifier(role)}`)
      await server.end()
    },
  }
}

async function inProcess(database: TestDatabase, role: string): Promise<Lab> {
  const { pglite } = database.ormConfig().driverOptions as { readonly pglite: PGlite }
  const admin: SqlClient = { query: (text, values) => pglite.query(text, [...(values ?? [])]) }
  const quoted = escapeIdentifier(role)
  await admin.query(`create role ${quoted}`)
  return {
    ...lab(database, role, admin),
    appUrl: undefined,
    withSettings: (settings, ...statements) => takenBack(admin, settings, [`set local role ${quoted}`, ...statements]),
    asTenant: (tenant, ...statements) =>
      takenBack(admin, settingsOf(tenant), [`set local role ${quoted}`, ...statements]),
    close: () => database.close(),
  }
}

function lab(
  database: TestDatabase,
  role: string,
  admin: SqlClient,
): Pick<Lab, "database" | "role" | "admin" | "apply" | "grant"> {
  return {
    database,
    role,
    admin,
    apply: (statements) => runInTransaction(admin, statements),
    async grant(schema = "public") {
      const [to, from] = [escapeIdentifier(role), escapeIdentifier(schema)]
      await admin.query(`grant usage on schema ${from} to ${to}`)
      await admin.query(`grant select, insert, update, delete on all tables in schema ${from} to ${to}`)
      await admin.query(`grant usage on all sequences in schema ${from} to ${to}`)
    },
  }
}

function settingsOf(tenant: string | undefined): Record<string, string> {
  return tenant === undefined ? {} : { "app.tenant_id": tenant }
}

async function takenBack(
  client: SqlClient,
  settings: Readonly<Record<string, string>>,
  statements: readonly string[],
): Promise<Row[]> {
  await client.query("begin")
  try {
    for (const [name, value] of Object.entries(settings))
      await client.query("select set_config($1, $2, true)", [name, value])
    let rows: Row[] = []
    for (const statement of statements) ({ rows } = await client.query(statement))
    return rows
  } finally {
    await client.query("rollback")
  }
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url })
  await client.connect()
  return client
}
