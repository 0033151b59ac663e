import type { EntityMetadata, QueryRunner } from "typeorm"
import type { QueryExpressionMap } from "typeorm/query-builder/QueryExpressionMap.js"
import type { LeakLog } from "../core/leak-log.ts"
import { currentContext, runInContext } from "../core/scope.ts"
import { loadingIn } from "../core/scope-context.ts"
import { Failsafe } from "./failsafe.ts"
import { Hydration } from "./hydration.ts"
import { Load, runLoad } from "./load.ts"
import type { HydratedRows, QueryPort, Row, Select } from "./query-port.ts"
import { doesNotFit } from "./assert-fits.ts"

/** Pagination runs a copy of the query, with an expression map of its own. */
const originals = new WeakMap<QueryExpressionMap, QueryExpressionMap>()

/** The hydration that a query, by its expression map, is being run for here and now. */
export function hydrationOf(failsafe: Failsafe, map: QueryExpressionMap): Hydration | undefined {
  const hydration = Load.current(currentContext(), failsafe)?.hydration
  return hydration?.isOf(originals.get(map) ?? map) === true ? hydration : undefined
}

/**
 * Hooks into how TypeORM's SelectQueryBuilder makes entities of rows. The prototype is shared by all DataSources; what belongs to
 * none that is guarded takes the way it always took.
 */
export function guardQueryBuilder(prototype: QueryPort): void {
  const { executeEntitiesAndRawResults, loadRawResults, buildEscapedEntityColumnSelects, clone } = prototype

  prototype.executeEntitiesAndRawResults = function (this: QueryPort, queryRunner: QueryRunner) {
    const failsafe = Failsafe.of(this)
    // What TypeORM reads back after a write, to update the entity that was written.
    if (failsafe === undefined || this.expressionMap.options.includes("create-pojo")) {
      return executeEntitiesAndRawResults.call(this, queryRunner)
    }
    return hydrate(failsafe, this, queryRunner, () => executeEntitiesAndRawResults.call(this, queryRunner))
  }

  prototype.loadRawResults = function (this: QueryPort, queryRunner: QueryRunner): Promise<Row[]> {
    const loading = loadRawResults.call(this, queryRunner)
    const hydration = running(this)
    return hydration === undefined ? loading : loading.then((rows) => hydration.screen(rows, queryRunner))
  }

  prototype.buildEscapedEntityColumnSelects = function (
    this: QueryPort,
    alias: string,
    metadata: EntityMetadata,
  ): Select[] {
    const selects = buildEscapedEntityColumnSelects.call(this, alias, metadata)
    const hydration = running(this)
    return hydration === undefined ? selects : hydration.select(this, alias, selects)
  }

  prototype.clone = function (this: QueryPort) {
    const copy = clone.call(this)
    if (running(this) !== undefined) originals.set(copy.expressionMap, this.expressionMap)
    return copy
  }
}

function running(query: QueryPort): Hydration | undefined {
  const failsafe = Failsafe.of(query)
  return failsafe === undefined ? undefined : hydrationOf(failsafe, query.expressionMap)
}

function hydrate(
  failsafe: Failsafe,
  query: QueryPort,
  queryRunner: QueryRunner,
  execute: () => Promise<HydratedRows>,
): Promise<HydratedRows> {
  const context = currentContext()
  const load = Load.current(context, failsafe)
  if (load !== undefined) load.taken++
  const role = load?.role
  // Listeners that are called on the way run queries of their own: they must not take over the role.
  if (role?.kind === "snapshot") return runInContext(loadingIn(context, undefined), execute)
  if (context?.scope?.kind === "bypass") {
    return role === undefined ? execute() : runInContext(loadingIn(context, undefined), execute)
  }
  const hydrating = async (log: LeakLog, current: Load): Promise<HydratedRows> => {
    const hydration = new Hydration(failsafe, query.expressionMap, role, log)
    current.hydration = hydration
    const result = await execute()
    // Nothing was found: also then a relation must not be loaded outside any scope.
    if (result.entities.length === 0 && !hydration.isScreened) await hydration.screen([], queryRunner)
    if (!hydration.isScreened) {
      throw doesNotFit("SelectQueryBuilder.loadRawResults() is no longer what entities are made from")
    }
    hydration.finish(result)
    return result
  }
  return runLoad(failsafe, hydrating, queryRunner)
}
