import type { EntityMetadata, ObjectLiteral, SelectQueryBuilder } from "typeorm"
import type { RelationMetadata } from "typeorm/metadata/RelationMetadata.js"
import * as decide from "../core/decisions.ts"
import { currentContext } from "../core/scope.ts"
import { tenantsOf } from "../core/scope-tenants.ts"
import type { TenantId } from "../core/tenant-id.ts"
import { Failsafe } from "./failsafe.ts"
import { isToMany, type RelationGuard } from "./guards.ts"
import { Load } from "./load.ts"
import { ownRows } from "./own-rows.ts"
import type { QueryPort } from "./query-port.ts"

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
      : conditioned.andWhere(...ownRows(failsafe.dataSource, conditioned, alias, guard.tenant, tenants))
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
