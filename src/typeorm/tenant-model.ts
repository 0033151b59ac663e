import type { DataSource, EntityMetadata } from "typeorm"
import { TenantFailsafeError } from "../core/errors.ts"
import { invalid } from "../core/options.ts"
import {
  parentsFirst,
  shortestSource,
  type TableModel,
  type TenantModel,
  type TenantSource,
} from "../core/tenant-model.ts"
import { Failsafe } from "./failsafe.ts"
import { columnModel, foreignKeyOf, foreignKeysOf, indexesOf, tableName } from "./table-model.ts"

/**
 * Describes the tables of a guarded, initialised DataSource, and whose their rows are: what `tenant-failsafe/postgres` works with.
 *
 * @throws {TenantFailsafeError} `NOT_INSTALLED` where the DataSource is not guarded, or not initialised; `OPTION_INVALID` where the
 * entities of one table disagree about the tenant
 *
 * @example
 * const plan = rowSecurity(tenantModel(dataSource), {})
 */
export function tenantModel(dataSource: DataSource): TenantModel {
  const failsafe = Failsafe.of({ dataSource })
  if (failsafe?.isStarted !== true) {
    throw new TenantFailsafeError(
      "NOT_INSTALLED",
      "tenantModel needs a guarded DataSource: call withFailsafe(dataSource, { tenantProperty }), then dataSource.initialize().",
    )
  }
  const tables = dataSource.entityMetadatas
    .filter(({ tableType }) => tableType !== "view" && tableType !== "entity-child")
    .map((metadata) => tableModel(metadata, failsafe))
  return { orm: "typeorm", tables: parentsFirst(tables) }
}

function tableModel(metadata: EntityMetadata, failsafe: Failsafe): TableModel {
  return {
    ...tableName(metadata),
    entity: metadata.name,
    columns: metadata.columns.map((column) => columnModel(column, failsafe.dataSource)),
    primaryKey: metadata.primaryColumns.map(({ databaseName }) => databaseName),
    ...indexesOf(metadata),
    foreignKeys: foreignKeysOf(metadata),
    tenant: tenantOfTable(metadata, failsafe),
  }
}

/** The entities of a hierarchy that share a table must agree: a policy judges the rows of a table alike. */
function tenantOfTable(metadata: EntityMetadata, failsafe: Failsafe): TenantSource | undefined {
  const kinds = failsafe.tenantOf(metadata)?.kinds
  const [first] = kinds ?? []
  if (kinds === undefined || first === undefined) return undefined
  const other = kinds.find(({ tenant }) => tenant?.path !== first.tenant?.path)
  if (other !== undefined) {
    throw invalid(
      `${first.metadata.name} and ${other.metadata.name} share the table '${metadata.tableName}', but the one's tenant is ` +
        `${said(first.tenant?.path)} and the other's ${said(other.tenant?.path)}. A policy judges a table: give them the same ` +
        "path in entities.",
      { option: "entities", entity: other.metadata.name },
    )
  }
  if (first.tenant === null) return undefined
  const { path, hops, column } = first.tenant
  const through = hops.map((hop) => foreignKeyOf(hop.joinColumns, hop.inverseEntityMetadata, hop.onDelete))
  return shortestSource({ path, through, column: columnModel(column, failsafe.dataSource) })
}

function said(path: string | undefined): string {
  return path === undefined ? "undefined" : `'${path}'`
}
