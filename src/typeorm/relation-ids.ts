import type { QueryRunner, SelectQueryBuilder, ObjectLiteral } from "typeorm"
import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js"
import type { RelationMetadata } from "typeorm/metadata/RelationMetadata.js"
import type { QueryExpressionMap } from "typeorm/query-builder/QueryExpressionMap.js"
import type { RelationIdAttribute } from "typeorm/query-builder/relation-id/RelationIdAttribute.js"
import * as decide from "../core/decisions.ts"
import { judge, type Verdict } from "../core/verdict.ts"
import { remembered } from "../core/remembered.ts"
import { Failsafe } from "./failsafe.ts"
import { hydrationOf } from "./guarded-query-builder.ts"
import { isToMany, type RelationGuard } from "./guards.ts"
import type { Hydration } from "./hydration.ts"
import { columnOf, type Row } from "./query-port.ts"
import { hydrated, keyOfValues } from "./row-key.ts"
import { lookUpTenants } from "./tenant-lookup.ts"

/** What is used of the loader behind `loadRelationIds`, `loadRelationIdAndMap` and `@RelationId`. */
export interface RelationIdLoaderPort {
  readonly dataSource?: unknown
  readonly connection?: unknown
  readonly relationIdAttributes: readonly RelationIdAttribute[]
  readonly queryRunner?: QueryRunner
  load: (rawEntities: Row[]) => Promise<RelationIds[]>
}

interface RelationIds {
  readonly relationIdAttribute: RelationIdAttribute
  results: Row[]
}

const tenantName = "__tenant_failsafe"

/** Takes the ids of foreign rows out of the relation ids of a query. The prototype is shared by all DataSources. */
export function guardRelationIds(prototype: RelationIdLoaderPort): void {
  const { load } = prototype
  prototype.load = function (this: RelationIdLoaderPort, rawEntities) {
    const failsafe = Failsafe.of(this)
    const screened =
      failsafe === undefined ? [] : this.relationIdAttributes.flatMap((attribute) => screenedBy(failsafe, attribute))
    if (screened.length === 0) return load.call(this, rawEntities)
    for (const { attribute, guard } of screened) selectTenant(attribute, guard)
    return load.call(this, rawEntities).then(async (loaded) => {
      for (const ids of loaded) {
        const found = screened.find(({ attribute }) => attribute === ids.relationIdAttribute)
        if (found !== undefined) ids.results = await screenIds(ids, found.hydration, found.guard, this.queryRunner)
      }
      return loaded
    })
  }
}

interface Screened {
  readonly attribute: RelationIdAttribute
  readonly hydration: Hydration
  readonly guard: RelationGuard
}

function screenedBy(failsafe: Failsafe, attribute: RelationIdAttribute): Screened | readonly never[] {
  const hydration = hydrationOf(failsafe, mapOf(attribute))
  const guard = hydration && failsafe.relationGuard(attribute.relation)
  // A to-one relation's id stands in the row itself.
  if (!hydration || !guard || !(isToMany(attribute.relation) || attribute.relation.isOneToOneNotOwner)) return []
  return { attribute, hydration, guard }
}

/** Private in TypeORM's types. */
function mapOf(attribute: RelationIdAttribute): QueryExpressionMap {
  return (attribute as unknown as { readonly queryExpressionMap: QueryExpressionMap }).queryExpressionMap
}

const selecting = new WeakSet<RelationIdAttribute>()

/** Lets the query for the ids bring the tenants along, through the hook that an application's own condition takes. */
function selectTenant(attribute: RelationIdAttribute, { tenant, target }: RelationGuard): void {
  const { column } = tenant
  // A query builder that runs again brings the same attributes.
  if (column === undefined || selecting.has(attribute)) return
  selecting.add(attribute)
  const { queryBuilderFactory } = attribute
  const alias = attribute.alias ?? target.tableName
  attribute.queryBuilderFactory = (query: SelectQueryBuilder<ObjectLiteral>) => {
    const conditioned = queryBuilderFactory?.(query) ?? query
    return conditioned.addSelect(columnOf(conditioned, alias, column), tenantName)
  }
}

async function screenIds(
  { relationIdAttribute: attribute, results }: RelationIds,
  hydration: Hydration,
  guard: RelationGuard,
  queryRunner: QueryRunner | undefined,
): Promise<Row[]> {
  const { failsafe, context } = hydration
  const { policy } = failsafe
  const { findings } = guard
  const { relation } = attribute
  if (context?.scope === undefined) {
    const decision = isToMany(relation) ? decide.missingScope(policy, findings, hydration.log) : undefined
    hydration.settle(decision, results.length, results.length)
    return results
  }
  const verdicts = await verdictsOf(relation, results, hydration, guard, queryRunner)
  const foreign = results.filter((_, index) => verdicts[index] === "foreign")
  const unknown = results.filter((_, index) => verdicts[index] === "unknown")
  if (!isToMany(relation)) {
    if (foreign.length > 0) hydration.settle(decide.foreignReference(policy, findings), foreign.length, foreign.length)
    return results
  }
  const out = new Set<Row>()
  for (const [decision, rows] of decide.decideChildren(policy, findings, foreign, unknown)) {
    const owners = new Set(rows.map((row) => ownerKey(relation, row)))
    const loaded = results.filter((row) => owners.has(ownerKey(relation, row))).length
    hydration.settle(decision, loaded, rows.length)
    if (!decision.isKept) for (const row of rows) out.add(row)
  }
  if (out.size === 0) return results
  if (attribute.mapToPropertyPropertyPath === relation.propertyPath) {
    hydration.dropIds({
      relation,
      alias: attribute.parentAlias,
      ownerColumns: ownerColumns(relation).map((column) => column.referencedColumn!),
      byOwner: keysByOwner(relation, out),
    })
  }
  return results.filter((row) => !out.has(row))
}

function keysByOwner(relation: RelationMetadata, rows: Iterable<Row>): Map<string, Set<string>> {
  const byOwner = new Map<string, Set<string>>()
  for (const row of rows) {
    remembered(byOwner, ownerKey(relation, row) ?? "", () => new Set<string>()).add(childKey(relation, row) ?? "")
  }
  return byOwner
}

async function verdictsOf(
  relation: RelationMetadata,
  results: readonly Row[],
  { failsafe, context }: Hydration,
  { tenant, target }: RelationGuard,
  queryRunner: QueryRunner | undefined,
): Promise<Verdict[]> {
  const { column } = tenant
  const verdicts = results.map((row) =>
    column === undefined ? "unknown" : judge(hydrated(failsafe.dataSource, row[tenantName], column), context!.owned!),
  )
  const unknown = results.filter((_, index) => verdicts[index] === "unknown")
  if (unknown.length === 0) return verdicts
  const tenants = await lookUpTenants(
    failsafe,
    target,
    tenant,
    unknown.map((row) => idOf(relation, row)),
    queryRunner,
  )
  return results.map((row, index) => {
    if (verdicts[index] !== "unknown") return verdicts[index]!
    const key = childKey(relation, row)
    return judge(key === undefined ? undefined : tenants.get(key), context!.owned!)
  })
}

/** The columns of a result that hold the child's key: TypeORM has turned their values into the application's already. */
function childColumns(relation: RelationMetadata): readonly ColumnMetadata[] {
  if (!relation.isManyToMany) return relation.inverseEntityMetadata.primaryColumns
  return relation.isOwning ? relation.inverseJoinColumns : relation.inverseRelation!.joinColumns
}

function idOf(relation: RelationMetadata, row: Row): ObjectLiteral {
  const columns = childColumns(relation)
  return Object.assign(
    {},
    ...columns.map((column) =>
      (relation.isManyToMany ? column.referencedColumn! : column).createValueMap(row[column.databaseName]),
    ),
  )
}

function childKey(relation: RelationMetadata, row: Row): string | undefined {
  return keyOfValues(childColumns(relation).map((column) => row[column.databaseName]))
}

function ownerKey(relation: RelationMetadata, row: Row): string | undefined {
  return keyOfValues(ownerColumns(relation).map((column) => row[column.databaseName]))
}

/** The columns of a result that refer to the owner. */
function ownerColumns(relation: RelationMetadata): readonly ColumnMetadata[] {
  if (!relation.isManyToMany) return relation.inverseRelation!.joinColumns
  return relation.isOwning ? relation.joinColumns : relation.inverseRelation!.inverseJoinColumns
}
