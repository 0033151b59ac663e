// How do the table, its policy and the keys get into the database? With each release and each change of keys.
import { escapeIdentifier, Client } from "pg"
import { installTenantKeys, runInTransaction, signedFunctions, tenantFunctions } from "tenant-failsafe/postgres"
import { setting, tenantKeys, type Environment } from "./environment.ts"
import { openMigratorOrm, type Session } from "./orm.ts"

export async function migrate(env: Environment, session: Session = "signed"): Promise<void> {
  const client = new Client({ connectionString: setting(env, "MIGRATOR_URL") })
  await client.connect()
  const orm = await openMigratorOrm(env)
  try {
    // In one transaction: the unsigned functions, which the first ones are, are never seen by anybody.
    await runInTransaction(client, [...tenantFunctions().up, ...(session === "signed" ? signedFunctions() : [])])
    if (session === "signed") await installTenantKeys(client, tenantKeys(env))
    await orm.schema.update()
    // Nobody connects as the owner: neither the policy nor the table of keys is within reach of a connection of the application.
    await client.query(`reassign owned by current_user to ${escapeIdentifier(setting(env, "OWNER_ROLE"))}`)
  } finally {
    await orm.close()
    await client.end()
  }
}
