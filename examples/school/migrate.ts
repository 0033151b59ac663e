// How do the tables and their policies get into the database? With each release, before the application starts.
import { tenantFunctions } from "tenant-failsafe/postgres"
import { setting, type Environment } from "./environment.ts"
import { openMigratorOrm } from "./orm.ts"

/** Returns the statements that were missing: none, the second time. */
export async function migrate(env: Environment): Promise<string> {
  const orm = await openMigratorOrm(setting(env, "MIGRATOR_URL"))
  try {
    const connection = orm.em.getConnection()
    // The policies ask these functions for the tenant.
    for (const statement of tenantFunctions().up) await connection.execute(statement)
    const missing = await orm.schema.getUpdateSchemaSQL()
    if (missing !== "") await orm.schema.execute(missing)
    // Nobody connects as the owner, so that no connection can switch the policies off.
    await connection.execute("reassign owned by current_user to ??", [setting(env, "OWNER_ROLE")])
    return missing
  } finally {
    await orm.close()
  }
}
