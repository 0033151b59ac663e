import type { DataSource, ObjectLiteral, SelectQueryBuilder } from "typeorm"
import type { TenantId } from "../core/tenant-id.ts"
import { tenantNotations } from "../core/tenant-notations.ts"
import { columnOf } from "./query-port.ts"
import { brokenPath, joinTenant, type FamilyTenant, type TenantOf } from "./tenant-of.ts"

/** The condition of a query that only own rows of an alias fulfil, and shared ones. Joins what the tenants' paths lead through. */
export function ownRows(
  dataSource: DataSource,
  query: SelectQueryBuilder<ObjectLiteral>,
  alias: string,
  { kinds }: FamilyTenant,
  tenants: readonly TenantId[],
  withShared = true,
): [condition: string, parameters: ObjectLiteral] {
  const parameters: ObjectLiteral = {}
  const alternatives = kinds.map(({ metadata, tenant }, index) => {
    const isOwn = tenant === null ? "1 = 1" : ownCondition(query, alias, tenant, index, withShared)
    if (tenant !== null) parameters[`__tenants_${index}`] = tenantValues(dataSource, tenant, tenants)
    if (kinds.length === 1) return isOwn
    parameters[`__kind_${index}`] = metadata.discriminatorValue
    return `(${columnOf(query, alias, metadata.discriminatorColumn!)} = :__kind_${index} AND (${isOwn}))`
  })
  return [`(${alternatives.join(" OR ")})`, parameters]
}

function ownCondition(
  query: SelectQueryBuilder<ObjectLiteral>,
  alias: string,
  tenant: TenantOf,
  index: number,
  withShared: boolean,
): string {
  const column = joinTenant(query, alias, tenant, `__tenant_${index}`)
  const own = `${column} IN (:...__tenants_${index})`
  // Never null, so that it can be negated.
  if (!withShared) return `${own} AND ${column} IS NOT NULL`
  const broken = brokenPath(query, alias, tenant, `__tenant_${index}`)
  return `${own} OR ${broken === undefined ? `${column} IS NULL` : `(${column} IS NULL AND NOT (${broken}))`}`
}

/** As text, which every column of ids compares with: SQLite would compare a number with a text column as '0.0'. */
export function tenantValues(dataSource: DataSource, { column }: TenantOf, tenants: readonly TenantId[]): unknown[] {
  const values = tenants.flatMap(tenantNotations)
  if (column.transformer === undefined) return values.map(String)
  return values.map((value): unknown => dataSource.driver.preparePersistentValue(value, column))
}
