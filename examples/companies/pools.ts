// How does a connection know whose tables are meant?
import { Pool, type PoolConfig } from "pg"
import { tenantSession } from "tenant-failsafe/postgres"
import { setting, type Environment } from "./environment.ts"

export interface Pools {
  /** `project` means the one of the current company. */
  readonly company: Pool
  /** What all companies share: sign-in, and which company has which schema. */
  readonly shared: Pool
  /** Creates and alters schemas, as the migrator. */
  readonly provisioner: Pool
  end(): Promise<unknown>
}

export function openPools(env: Environment): Pools {
  // A pool of its own: asked on a connection of the companies, look-ups would wait for connections that wait for them.
  const shared = openPool({ connectionString: setting(env, "DATABASE_URL"), max: 4 })
  const company = tenantSession(openPool({ connectionString: setting(env, "DATABASE_URL"), max: 4 }), {
    schemas: {
      async find(id) {
        const { rows } = await shared.query<{ schema: string }>(
          "select schema from company where id = $1 and is_ready",
          [id],
        )
        return rows[0]?.schema
      },
    },
  })
  const provisioner = openPool({ connectionString: setting(env, "MIGRATOR_URL"), max: 1 })
  return {
    company,
    shared,
    provisioner,
    end: () => Promise.all([company.end(), shared.end(), provisioner.end()]),
  }
}

function openPool(config: PoolConfig): Pool {
  const pool = new Pool(config)
  // A connection that is lost while nobody uses it would end the process.
  pool.on("error", (error) => process.emitWarning(`A database connection was lost: ${error.message}`))
  return pool
}
