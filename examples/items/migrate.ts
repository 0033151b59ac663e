// How do the policies get into the database? Computed from the entities, compared with what is there, applied in one transaction.
import { escapeIdentifier } from "pg"
import { rowSecurityChanges, type SqlClient } from "tenant-failsafe/postgres"
import { tenantModel } from "tenant-failsafe/typeorm"
import { openMigratorDataSource } from "./data-source.ts"
import { setting, type Environment } from "./environment.ts"

/** Returns the statements that were missing: none, the second time. `rowSecurityMigration` writes them as a migration class instead. */
export async function migrate(env: Environment): Promise<readonly string[]> {
  const dataSource = await openMigratorDataSource(setting(env, "MIGRATOR_URL"))
  try {
    // In production: migrations.
    await dataSource.synchronize()
    return await dataSource.transaction(async (manager) => {
      const client: SqlClient = {
        query: async (text, values) => ({ rows: await manager.query(text, values === undefined ? [] : [...values]) }),
      }
      const { up } = await rowSecurityChanges(client, tenantModel(dataSource), { restrictive: true })
      for (const statement of up) await manager.query(statement)
      // Nobody connects as the owner, so that no connection can switch the policies off.
      await manager.query(`reassign owned by current_user to ${escapeIdentifier(setting(env, "OWNER_ROLE"))}`)
      return up
    })
  } finally {
    await dataSource.destroy()
  }
}
