export { rowSecurityMigration, type Migration, type MigrationOptions } from "./migration.ts"
export { liveRowSecurity, rowSecurityRemoval, type LiveSecurity } from "./live-security.ts"
export { type ChainForm, type EntityRowSecurity, type RowSecurityOptions, type Security } from "./options.ts"
export type { Policy } from "./policies.ts"
export { rolesSql, type RoleOptions } from "./roles.ts"
export {
  rowSecurity,
  rowSecurityChanges,
  tenantFunctions,
  type RowSecurityPlan,
  type TablePlan,
} from "./row-security.ts"
export { runInTransaction, type SqlClient } from "./sql-client.ts"
export type { TenantModel } from "../core/tenant-model.ts"
export type { LivePolicy, LiveTable } from "./catalog.ts"
export { schemaDrift, type SchemaDrift } from "./schemas/drift.ts"
export {
  migrateSchemas,
  provisionSchema,
  type MigrateOptions,
  type MigrationProgress,
  type MigrationReport,
  type SchemaMigration,
} from "./schemas/provision.ts"
export { installTenantKeys, signedFunctions, type SignedFunctionsOptions } from "./session/signed-functions.ts"
export type { SigningKey } from "./session/sign-tenants.ts"
export { tenantSession, type PgPool, type TenantSessionOptions } from "./session/tenant-session.ts"
export type { TenantSchemasOptions } from "./schemas/tenant-schemas.ts"
export { audit, type AuditOptions, type AuditReport } from "./audit/audit.ts"
export type { AuditCode, Severity } from "./audit/codes.ts"
export type { Finding } from "./audit/finding.ts"
