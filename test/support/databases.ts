import { randomBytes } from "node:crypto"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync, type SQLInputValue } from "node:sqlite"
import { PGlite } from "@electric-sql/pglite"
import type { Configuration, Dictionary } from "@mikro-orm/core"
import { PgliteDriver } from "@mikro-orm/pglite"
import { PostgreSqlDriver } from "@mikro-orm/postgresql"
import { type AbstractSqlDriver, createPostgreSqlTypeParsers, NodeSqliteDialect, SqliteDriver } from "@mikro-orm/sql"
import { Client, escapeIdentifier } from "pg"
import { BetterSqlite3 } from "./better-sqlite3.ts"

export const databaseKinds = ["postgresql", "pglite", "sqlite"] as const

export type DatabaseKind = (typeof databaseKinds)[number]

export interface DriverConfig {
  driver: new (config: Configuration) => AbstractSqlDriver
  dbName?: string
  clientUrl?: string
  driverOptions?: Dictionary
}

export type DataSourceConfig =
  | { readonly type: "postgres"; readonly url: string }
  | { readonly type: "better-sqlite3"; readonly database: string; readonly driver: unknown }

export interface TestDatabase {
  readonly kind: DatabaseKind
  /** The part of a MikroORM config that depends on the database: spread it next to `entities`. */
  ormConfig(): DriverConfig
  /** The part of TypeORM's DataSource options that depends on the database. TypeORM has no driver for PGlite. */
  dataSourceOptions(): DataSourceConfig
  /**
   * Runs one statement on the same database without the ORM; parameters are `$1`, `$2` … in every kind.
   * PGlite has one connection, so there it waits for the end of a transaction that is open.
   */
  sql(text: string, params?: readonly unknown[]): Promise<Record<string, unknown>[]>
  /** Close the ORM first. */
  close(): Promise<void>
}

/** Opens a new empty database. `serverUrl` is only needed where vitest does not provide one. */
export async function openDatabase(kind: DatabaseKind, serverUrl?: string): Promise<TestDatabase> {
  switch (kind) {
    case "postgresql":
      return openPostgresql(serverUrl ?? (await providedUrl()))
    case "pglite":
      return openPglite()
    case "sqlite":
      return openSqlite()
  }
}

async function openPostgresql(serverUrl: string): Promise<TestDatabase> {
  const name = `tenant_failsafe_${randomBytes(8).toString("hex")}`
  await onServer(serverUrl, `create database ${escapeIdentifier(name)}`)
  const url = new URL(serverUrl)
  url.pathname = name
  const client = new Client({ connectionString: url.href })
  await client.connect()

  return {
    kind: "postgresql",
    ormConfig: () => ({ driver: PostgreSqlDriver, clientUrl: url.href }),
    dataSourceOptions: () => ({ type: "postgres", url: url.href }),
    sql: async (text, params = []) => (await client.query(oneStatement(text), [...params])).rows,
    async close() {
      await client.end()
      await onServer(serverUrl, `drop database ${escapeIdentifier(name)} with (force)`)
    },
  }
}

async function openPglite(): Promise<TestDatabase> {
  const pglite = await PGlite.create({
    loadDataDir: await (emptyCluster ??= dumpEmptyCluster()),
    // What MikroORM sets on an instance of its own: it wants dates and timestamps as text.
    parsers: createPostgreSqlTypeParsers((list) => list.slice(1, -1).split(",")),
  })

  return {
    kind: "pglite",
    ormConfig: () => ({ driver: PgliteDriver, dbName: "postgres", driverOptions: { pglite } }),
    dataSourceOptions() {
      throw new Error("TypeORM has no driver for PGlite")
    },
    sql: async (text, params = []) =>
      (await pglite.query<Record<string, unknown>>(oneStatement(text), [...params])).rows,
    close: () => pglite.close(),
  }
}

// initdb takes PGlite a second, loading its result a quarter of one.
let emptyCluster: Promise<Blob> | undefined

async function dumpEmptyCluster(): Promise<Blob> {
  const pglite = await PGlite.create()
  const dump = await pglite.dumpDataDir("none")
  await pglite.close()
  return dump
}

async function openSqlite(): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), "tenant-failsafe-sqlite-"))
  const file = join(folder, "test.db")
  const handle = new DatabaseSync(file)
  // Lets `sql` read while the ORM has a transaction open.
  handle.exec("pragma journal_mode = wal")

  return {
    kind: "sqlite",
    ormConfig: () => ({ driver: SqliteDriver, dbName: file, driverOptions: new NodeSqliteDialect(file) }),
    dataSourceOptions: () => ({ type: "better-sqlite3", database: file, driver: BetterSqlite3 }),
    async sql(text, params = []) {
      const statement = handle.prepare(oneStatement(text))
      const named = Object.fromEntries(params.map((value, index) => [`$${index + 1}`, value as SQLInputValue]))
      return statement.all(named).map((row) => ({ ...row }))
    },
    async close() {
      handle.close()
      await rm(folder, { recursive: true })
    },
  }
}

// node:sqlite silently ignores everything behind the first statement.
function oneStatement(text: string): string {
  if (/;\s*\S/.test(text)) throw new Error(`One statement per call, please: ${text}`)
  return text
}

// Imported late because vitest cannot be imported outside a test run, and benchmarks use this file too.
async function providedUrl(): Promise<string> {
  const { inject } = await import("vitest")
  return inject("postgresUrl")
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
