import type { SqlClient } from "../sql-client.ts"
import { identifier, literal } from "../sql-text.ts"
import { schemaName } from "./schema-name.ts"

/** One step of every tenant's schema, such as a migration. */
export interface SchemaMigration {
  /** What it is known by: it runs once in each schema. */
  readonly name: string
  /** SQL statements, or what runs them; unqualified names mean the tenant's schema. */
  readonly up: readonly string[] | ((client: SqlClient) => Promise<unknown>)
}

/** How far a run is. */
export interface MigrationProgress {
  readonly schema: string
  /** Schemas that are done, this one included, of so many. */
  readonly done: number
  readonly of: number
  /** The names of the migrations that were applied to it now; empty where there was nothing to do. */
  readonly applied: readonly string[]
  /** Why it stayed as it was. */
  readonly error: unknown
}

/** What a run did. */
export interface MigrationReport {
  readonly migrated: readonly string[]
  readonly unchanged: readonly string[]
  readonly failed: readonly { readonly schema: string; readonly error: unknown }[]
}

/** What goes along with the schemas and migrations. */
export interface MigrateOptions {
  /** Schemas behind the tenant's own in the `search_path`. `["public"]` by default. */
  readonly shared?: readonly string[]
  /** Called after each schema. */
  readonly onProgress?: (progress: MigrationProgress) => void
  /** What happens to the schemas behind one that fails: `"stop"` leaves them (default), `"go on"` migrates them. */
  readonly onError?: "stop" | "go on"
}

/** The table in each schema that remembers what was applied. */
const journal = "tenant_failsafe_migration"

/** Creates a tenant's schema where it is missing, and brings it up to date. Returns the names of the migrations that were applied. */
export async function provisionSchema(
  client: SqlClient,
  schema: string,
  migrations: readonly SchemaMigration[],
  { shared = ["public"] }: Pick<MigrateOptions, "shared"> = {},
): Promise<readonly string[]> {
  const name = schemaName(schema)
  await client.query("begin")
  try {
    // One run at a time for a schema: a second one waits, and then finds nothing to do.
    await client.query(`select pg_advisory_xact_lock(hashtextextended(${literal(`tenant-failsafe ${name}`)}, 0))`)
    await client.query(`create schema if not exists ${identifier(name)}`)
    await client.query(`set local search_path = ${[name, ...shared].map(identifier).join(", ")}`)
    await client.query(
      `create table if not exists ${journal} (name text primary key, applied_at timestamptz not null default now())`,
    )
    const { rows } = await client.query(`select name from ${journal}`)
    const done = new Set(rows.map((row) => row["name"]))
    const missing = migrations.filter((migration) => !done.has(migration.name))
    for (const migration of missing) await apply(client, migration)
    await client.query("commit")
    return missing.map((migration) => migration.name)
  } catch (error) {
    await client.query("rollback").catch(() => undefined)
    throw error
  }
}

/**
 * Brings the schemas of all tenants up to date, each in a transaction of its own. A run that was interrupted is resumed by running it
 * again: what is done is skipped. The client must be one connection, of a role that may create schemas.
 */
export async function migrateSchemas(
  client: SqlClient,
  schemas: readonly string[],
  migrations: readonly SchemaMigration[],
  { shared, onProgress, onError = "stop" }: MigrateOptions = {},
): Promise<MigrationReport> {
  const report = {
    migrated: [] as string[],
    unchanged: [] as string[],
    failed: [] as { schema: string; error: unknown }[],
  }
  for (const [index, schema] of schemas.entries()) {
    const progress = { schema, done: index + 1, of: schemas.length }
    try {
      const applied = await provisionSchema(client, schema, migrations, shared === undefined ? {} : { shared })
      ;(applied.length > 0 ? report.migrated : report.unchanged).push(schema)
      onProgress?.({ ...progress, applied, error: undefined })
    } catch (error) {
      report.failed.push({ schema, error })
      onProgress?.({ ...progress, applied: [], error })
      if (onError === "stop") break
    }
  }
  return report
}

async function apply(client: SqlClient, { name, up }: SchemaMigration): Promise<void> {
  if (typeof up === "function") await up(client)
  else for (const statement of up) await client.query(statement)
  await client.query(`insert into ${journal} (name) values (${literal(name)})`)
}
