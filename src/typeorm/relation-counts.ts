import type { DataSource, EntityMetadata, ObjectLiteral, SelectQueryBuilder } from "typeorm"
import type { RelationMetadata } from "typeorm/metadata/RelationMetadata.js"
import * as decide from "../core/decisions.ts"
import { currentContext } from "../core/scope.ts"
import { tenantsOf } from "../core/scope-tenants.ts"
import type { TenantId } from "../core/tenant-id.ts"
import { tenantNotations } from "../core/tenant-notations.ts"
import { Failsafe } from "./failsafe.ts"
import { isToMany, type RelationGuard } from "./guards.ts"
import { Load } from "./load.ts"
import { columnOf, type QueryPort } from "./query-port.ts"
import { brokenPath, joinTenant, type TenantOf } from "./tenant-of.ts"

/** What TypeORM 0.3 knows of one count that it loads along; TypeORM 1 has no such counts. */
interface Count {
  readonly relation: RelationMetadata
  readonly alias?: string
  queryBuilderFactory?: ((query: CountQuery) => CountQuery) | undefined
}

type CountQuery = SelectQueryBuilder<ObjectLiteral>

/** A query builder that can load counts. */
export interface CountingQueryPort extends QueryPort {
  loadRelationCountAndMap?: (...args: unknown[]) => unknown
}

/** Confines `loadRelationCountAndMap` of TypeORM 0.3 to the scope. The prototype is shared by all DataSources. */
export function confineCountedQueries(prototype: CountingQueryPort): void {
  const { loadRelationCountAndMap } = prototype
  if (loadRelationCountAndMap === undefined) return
  prototype.loadRelationCountAndMap = function (this: CountingQueryPort, ...args) {
    const result = loadRelationCountAndMap.apply(this, args)
    const failsafe = Failsafe.of(this)
    const { relationCountAttributes: counts } = this.expressionMap as unknown as { relationCountAttributes: Count[] }
    if (failsafe !== undefined) confine(failsafe, counts.at(-1)!)
    return result
  }
}

/** Confines the `@RelationCount` properties of TypeORM 0.3 to the scope. */
export function confineCountedProperties(failsafe: Failsafe, metadatas: readonly EntityMetadata[]): void {
  for (const metadata of metadatas) {
    const { relationCounts } = metadata as unknown as { relationCounts?: readonly Count[] }
    for (const count of relationCounts ?? []) confine(failsafe, count)
  }
}

/** Adds the condition when the count is made, through the hook that an application's own condition takes. */
function confine(failsafe: Failsafe, count: Count): void {
  const guard = failsafe.relationGuard(count.relation)
  if (guard === null || !isToMany(count.relation)) return
  const { queryBuilderFactory } = count
  const alias = count.alias ?? guard.target.tableName
  count.queryBuilderFactory = (query) => {
    const conditioned = queryBuilderFactory?.(query) ?? query
    const tenants = countedTenants(failsafe, guard)
    return tenants === undefined
      ? conditioned
      : conditioned.andWhere(...conditionOf(failsafe, conditioned, alias, guard, tenants))
  }
}

/** The tenants whose rows count; undefined for all. */
function countedTenants({ policy }: Failsafe, guard: RelationGuard): readonly TenantId[] | undefined {
  const context = currentContext()
  if (context?.scope === undefined) {
    const log = context?.load instanceof Load ? context.load.log : undefined
    const decision = decide.missingScope(policy, guard.findings, log)
    if (decision === undefined) return undefined
    log?.note(decision.finding, { loaded: 0, rows: 0 })
    if (decision.refusal !== undefined) throw decision.refusal
    return undefined
  }
  return policy.onLeak === "report" ? undefined : tenantsOf(context.scope)
}

function conditionOf(
  { dataSource }: Failsafe,
  query: CountQuery,
  alias: string,
  { tenant: { kinds } }: RelationGuard,
  tenants: readonly TenantId[],
): [condition: string, parameters: ObjectLiteral] {
  const parameters: ObjectLiteral = {}
  const alternatives = kinds.map(({ metadata, tenant }, index) => {
    const isOwn = tenant === null ? "1 = 1" : ownCondition(query, alias, tenant, index)
    if (tenant !== null) parameters[`tenants_${index}`] = valuesOf(dataSource, tenant, tenants)
    if (kinds.length === 1) return isOwn
    parameters[`kind_${index}`] = metadata.discriminatorValue
    return `(${columnOf(query, alias, metadata.discriminatorColumn!)} = :kind_${index} AND (${isOwn}))`
  })
  return [`(${alternatives.join(" OR ")})`, parameters]
}

function ownCondition(query: CountQuery, alias: string, tenant: TenantOf, index: number): string {
  const column = joinTenant(query, alias, tenant, `__tenant_${index}`)
  const broken = brokenPath(query, alias, tenant, `__tenant_${index}`)
  const isShared = broken === undefined ? `${column} IS NULL` : `(${column} IS NULL AND NOT (${broken}))`
  return `${column} IN (:...tenants_${index}) OR ${isShared}`
}

/** As text, which every column of ids compares with: SQLite would compare a number with a text column as '0.0'. */
function valuesOf(dataSource: DataSource, { column }: TenantOf, tenants: readonly TenantId[]): unknown[] {
  const values = tenants.flatMap(tenantNotations)
  if (column.transformer === undefined) return values.map(String)
  return values.map((value): unknown => dataSource.driver.preparePersistentValue(value, column))
}
