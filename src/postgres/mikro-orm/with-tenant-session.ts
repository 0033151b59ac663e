import type { MikroORM, Options } from "@mikro-orm/core"
import { invalid } from "../../core/options.ts"
import { tableName } from "../../mikro-orm/table-model.ts"
import { tenantModel } from "../../mikro-orm/tenant-model.ts"
import { declaredRowSecurity, expectRowSecurity, type OrmSessionOptions } from "../session/orm-session.ts"
import { sessionSettings, tenantSession, type PgPool } from "../session/tenant-session.ts"
import { nativeSettingsOf } from "./with-row-security.ts"

interface PoolOptions {
  readonly onPoolCreated?: (pool: PgPool) => unknown
}

/**
 * Tells the database with every statement of a MikroORM on PostgreSQL whose rows the current scope owns: finds, flushes, query builders,
 * `em.execute` and Kysely alike. See `tenantSession`. Returns a configuration for `MikroORM.init`; the given one is left untouched.
 *
 * Row security is taken to be active from then on, see `rowSecurity`: by the options of `withRowSecurity`, where the configuration has them.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`
 */
export function withTenantSession<Config extends object>(config: Config, options: OrmSessionOptions = {}): Config {
  sessionSettings(options)
  declaredRowSecurity(options)
  const { driverOptions, extensions = [] } = config as Partial<Options>
  const given: unknown = typeof driverOptions === "function" ? driverOptions() : (driverOptions ?? {})
  // MikroORM 7.2 takes the place of the pool for a dialect or a Kysely of the application's own.
  if (typeof given !== "object" || given === null || "createDriver" in given || "getExecutor" in given) {
    throw invalid("driverOptions is a dialect of your own. Pass its pool through tenantSession(pool) instead.", {
      option: "driverOptions",
    })
  }
  const { onPoolCreated } = given as PoolOptions
  const pools = new Set<PgPool>()
  const guarded: PoolOptions = {
    ...given,
    onPoolCreated: (pool) => {
      pools.add(tenantSession(pool, options))
      return onPoolCreated?.(pool)
    },
  }
  const register = (orm: MikroORM): void => expectRowSecurity(orm.config, options, pools, () => describe(orm))
  return { ...config, driverOptions: guarded, extensions: [...extensions, { register }] }
}

function describe(orm: MikroORM) {
  const metadata = [...orm.getMetadata()]
  return {
    settings: nativeSettingsOf(orm),
    model: tenantModel(orm),
    placeOf(entity: string) {
      const meta = metadata.find(({ className, virtual }) => className === entity && !virtual)
      return meta && tableName(meta, orm.config)
    },
  }
}
