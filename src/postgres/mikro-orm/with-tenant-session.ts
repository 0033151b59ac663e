import type { Options } from "@mikro-orm/core"
import { invalid } from "../../core/options.ts"
import { sessionSettings, tenantSession, type PgPool, type TenantSessionOptions } from "../session/tenant-session.ts"

interface PoolOptions {
  readonly onPoolCreated?: (pool: PgPool) => unknown
}

/**
 * Tells the database with every statement of a MikroORM on PostgreSQL whose rows the current scope owns: finds, flushes, query builders,
 * `em.execute` and Kysely alike. See `tenantSession`. Returns a configuration for `MikroORM.init`; the given one is left untouched.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`
 */
export function withTenantSession<Config extends object>(config: Config, options: TenantSessionOptions = {}): Config {
  sessionSettings(options)
  const { driverOptions } = config as Partial<Options>
  const given: unknown = typeof driverOptions === "function" ? driverOptions() : (driverOptions ?? {})
  // MikroORM 7.2 takes the place of the pool for a dialect or a Kysely of the application's own.
  if (typeof given !== "object" || given === null || "createDriver" in given || "getExecutor" in given) {
    throw invalid("driverOptions is a dialect of your own. Pass its pool through tenantSession(pool) instead.", {
      option: "driverOptions",
    })
  }
  const { onPoolCreated } = given as PoolOptions
  const guarded: PoolOptions = {
    ...given,
    onPoolCreated: (pool) => {
      tenantSession(pool, options)
      return onPoolCreated?.(pool)
    },
  }
  return { ...config, driverOptions: guarded }
}
