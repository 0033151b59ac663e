// How does a new company get its tables, and how do all of them get new ones?
import { escapeIdentifier, type Pool, type PoolClient } from "pg"
import { migrateSchemas, provisionSchema, schemaDrift, type SchemaDrift } from "tenant-failsafe/postgres"
import { companyMigrations } from "./company-tables.ts"
import { setting, type Environment } from "./environment.ts"
import { hashPassword } from "./password.ts"

export interface NewCompany {
  /** The name of the schema: lower-case letters, digits and underscores. */
  readonly name: string
  readonly login: string
  readonly password: string
}

/** Makes a company with its first account. Until its tables are there, it is not ready, and nobody works in it. */
export async function provisionCompany(pool: Pool, env: Environment, company: NewCompany): Promise<number> {
  const { name, login, password } = company
  const hash = await hashPassword(password)
  return onOneConnection(pool, env, async (client) => {
    const { rows } = await client.query<{ id: number }>(
      "with made as (insert into company (schema) values ($1) returning id) " +
        "insert into account (login, password, company_id) select $2, $3, id from made returning company_id as id",
      [name, login, hash],
    )
    const { id } = rows[0]!
    try {
      await provisionSchema(client, name, companyMigrations(env))
    } catch (error) {
      await client.query("delete from company where id = $1", [id])
      throw error
    }
    await client.query("update company set is_ready = true where id = $1", [id])
    return id
  })
}

/** What a run over all companies did, and who differs from the first one afterwards. */
export interface MigrationRun {
  readonly migrated: readonly string[]
  readonly unchanged: readonly string[]
  readonly failed: readonly string[]
  readonly drift: readonly SchemaDrift[]
}

/** Run it with each release, and again after a failure: companies that are done are skipped. */
export async function migrateCompanies(pool: Pool, env: Environment): Promise<MigrationRun> {
  return onOneConnection(pool, env, async (client) => {
    const { rows } = await client.query<{ schema: string }>("select schema from company where is_ready order by id")
    const schemas = rows.map(({ schema }) => schema)
    const report = await migrateSchemas(client, schemas, companyMigrations(env), { onError: "go on" })
    const [reference, ...others] = schemas
    return {
      ...report,
      failed: report.failed.map(({ schema }) => schema),
      drift: reference === undefined ? [] : await schemaDrift(client, reference, others),
    }
  })
}

async function onOneConnection<Result>(
  pool: Pool,
  env: Environment,
  run: (client: PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect()
  try {
    return await run(client)
  } finally {
    // Nobody connects as the owner of the tables.
    await client.query(`reassign owned by current_user to ${escapeIdentifier(setting(env, "OWNER_ROLE"))}`)
    client.release()
  }
}
