import type { DataSource } from "typeorm"
import { invalid } from "../../core/options.ts"
import { unsupportedOrm } from "../../core/refusals.ts"
import { tableName } from "../../typeorm/table-model.ts"
import { tenantModel } from "../../typeorm/tenant-model.ts"
import { declaredRowSecurity, expectRowSecurity, type OrmSessionOptions } from "../session/orm-session.ts"
import { sessionSettings, tenantSession, type PgPool } from "../session/tenant-session.ts"

/** What is used of TypeORM's PostgresDriver: the module `pg`, out of which it makes its pools. Read in 0.3.31 and 1.1.1. */
interface PostgresDriverPort {
  postgres?: { readonly Pool: new (...args: never[]) => PgPool }
}

/**
 * Tells the database with every statement of a TypeORM DataSource on PostgreSQL whose rows the current scope owns: repositories, query
 * builders, `query` and transactions alike. See `tenantSession`. Call it before `initialize()`; returns the given DataSource. Row security is
 * taken to be active from then on, see `rowSecurity`.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`; `UNSUPPORTED_ORM` when this TypeORM makes its pools in another way
 */
export function withTenantSession<Source extends DataSource>(
  dataSource: Source,
  options: OrmSessionOptions = {},
): Source {
  sessionSettings(options)
  declaredRowSecurity(options)
  if (dataSource.isInitialized) {
    throw invalid("This DataSource is initialized already. Call withTenantSession before dataSource.initialize().", {})
  }
  const driver = dataSource.driver as unknown as PostgresDriverPort
  const Pool = driver.postgres?.Pool
  if (Pool === undefined) {
    throw unsupportedOrm(
      "typeorm",
      "The driver of this DataSource has no pool of pg",
      "0.3.31 and 1.1, with type 'postgres'",
      {},
    )
  }
  const pools = new Set<PgPool>()
  class TenantPool extends Pool {
    constructor(...args: never[]) {
      super(...args)
      pools.add(tenantSession(this, options))
    }
  }
  driver.postgres = Object.create(driver.postgres!, { Pool: { value: TenantPool } }) as typeof driver.postgres & object
  expectRowSecurity(dataSource, options, pools, () => describe(dataSource))
  return dataSource
}

function describe(dataSource: DataSource) {
  return {
    model: tenantModel(dataSource),
    placeOf(entity: string) {
      const metadata = dataSource.entityMetadatas.find(({ name }) => name === entity)
      return metadata && tableName(metadata)
    },
  }
}
