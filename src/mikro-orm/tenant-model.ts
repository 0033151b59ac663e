import type { EntityMetadata, MikroORM } from "@mikro-orm/core"
import { TenantFailsafeError } from "../core/errors.ts"
import { invalid } from "../core/options.ts"
import { parentsFirst, type TableModel, type TenantModel, type TenantSource } from "../core/tenant-model.ts"
import { Failsafe } from "./failsafe.ts"
import { columnsOf, foreignKeysOf, indexesOf, storesTable, tableName, tableOf } from "./table-model.ts"
import { tenantSource } from "./tenant-source.ts"

/**
 * Describes the tables of a guarded, initialised MikroORM, and whose their rows are: what `tenant-failsafe/postgres` works with.
 *
 * @throws {TenantFailsafeError} `NOT_INSTALLED` where the ORM is not guarded; `OPTION_INVALID` where the
 * entities of one table disagree about the tenant
 *
 * @example
 * const plan = rowSecurity(tenantModel(orm), {})
 */
export function tenantModel(orm: Pick<MikroORM, "config" | "getMetadata">): TenantModel {
  const failsafe = Failsafe.of(orm.config)
  if (failsafe === undefined) {
    throw new TenantFailsafeError(
      "NOT_INSTALLED",
      "tenantModel needs a guarded MikroORM: initialise it with withFailsafe(config, { tenantProperty }).",
    )
  }
  const metadata = [...orm.getMetadata()]
  const tables = metadata.filter(storesTable).map((meta) => tableModel(meta, metadata, failsafe, orm))
  return { orm: "mikro-orm", tables: parentsFirst(tables) }
}

function tableModel(
  meta: EntityMetadata,
  all: readonly EntityMetadata[],
  failsafe: Failsafe,
  { config }: Pick<MikroORM, "config">,
): TableModel {
  const { uniques, indexes } = indexesOf(meta)
  return {
    ...tableName(meta, config),
    entity: meta.className,
    columns: columnsOf(meta),
    primaryKey: meta.primaryKeys.flatMap((key) => meta.properties[key]!.fieldNames),
    uniques,
    indexes,
    foreignKeys: foreignKeysOf(meta, config),
    tenant: tenantOfTable(meta, all, failsafe, config),
  }
}

/** The entities of a hierarchy that share a table must agree: a policy judges the rows of a table alike. */
function tenantOfTable(
  meta: EntityMetadata,
  all: readonly EntityMetadata[],
  failsafe: Failsafe,
  config: MikroORM["config"],
): TenantSource | undefined {
  const kinds = all.filter((kind) => !kind.embeddable && !kind.virtual && tableOf(kind) === meta)
  const paths = kinds.map((kind) => failsafe.tenantOf(kind)?.path)
  const other = paths.findIndex((path) => path !== paths[0])
  if (other !== -1) {
    throw invalid(
      `${kinds[0]!.className} and ${kinds[other]!.className} share the table '${meta.tableName}', but the one's tenant is ` +
        `${said(paths[0])} and the other's ${said(paths[other])}. A policy judges a table: give them the same path in entities.`,
      { option: "entities", entity: kinds[other]!.className },
    )
  }
  const path = paths[0]
  return path === undefined ? undefined : tenantSource(meta, path, config)
}

function said(path: string | undefined): string {
  return path === undefined ? "undefined" : `'${path}'`
}
