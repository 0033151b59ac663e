// How is the DataSource guarded, and how does the database learn the tenant of each statement?
import { DataSource } from "typeorm"
import { withTenantSession } from "tenant-failsafe/postgres/typeorm"
import { withFailsafe } from "tenant-failsafe/typeorm"
import { ApiKeySchema, ItemSchema, TenantSchema } from "./entities.ts"

/** The application's. */
export function openDataSource(url: string): Promise<DataSource> {
  return withTenantSession(guarded(url)).initialize()
}

/** The migrator's, which row security does not hold for. */
export function openMigratorDataSource(url: string): Promise<DataSource> {
  return guarded(url).initialize()
}

function guarded(url: string): DataSource {
  const dataSource = new DataSource({ type: "postgres", url, entities: [TenantSchema, ItemSchema, ApiKeySchema] })
  return withFailsafe(dataSource, { tenantProperty: "tenant", entities: { Tenant: "id", ApiKey: false } })
}
