import type { ObjectLiteral, QueryRunner } from "typeorm"
import type { RelationMetadata } from "typeorm/metadata/RelationMetadata.js"
import { currentScope } from "../core/scope.ts"
import type { Failsafe } from "./failsafe.ts"
import { runAs, type Role } from "./load.ts"

/** What is used of TypeORM's RelationLoader; each DataSource has one of its own. */
export interface RelationLoaderPort {
  load: (
    relation: RelationMetadata,
    entityOrEntities: ObjectLiteral | ObjectLiteral[],
    queryRunner?: QueryRunner,
    ...rest: unknown[]
  ) => Promise<ObjectLiteral[]>
}

/** Tells the queries of lazy relations, of `relationLoadStrategy: "query"` and of `loadMany()` which relation their rows belong to. */
export function guardRelationLoads(failsafe: Failsafe, loader: RelationLoaderPort): void {
  const { load } = loader
  loader.load = function (relation, entityOrEntities, ...rest) {
    const owners = Array.isArray(entityOrEntities) ? entityOrEntities : [entityOrEntities]
    const role = roleOf(failsafe, relation, owners)
    if (role === undefined) return load.call(this, relation, entityOrEntities, ...rest)
    const result = runAs(failsafe, role, () => load.call(this, relation, entityOrEntities, ...rest))
    return relation.isLazy && owners.length === 1 ? forLazyGetter(result, relation, entityOrEntities) : result
  }
}

function roleOf(failsafe: Failsafe, relation: RelationMetadata, owners: readonly ObjectLiteral[]): Role | undefined {
  if (currentScope()?.kind === "bypass" || failsafe.tenantOf(relation.inverseEntityMetadata) === null) return undefined
  const guard = failsafe.relationGuard(relation)
  return guard === null ? { kind: "unfiltered" } : { kind: "relation", guard, relation, owners }
}

/**
 * A lazy getter of TypeORM 0.3 and 1 derives a second promise from the one it returns, and nobody handles that one: a refused load
 * would end the process although the application caught it. The getter would also keep the refused promise forever.
 */
function forLazyGetter<R>(result: Promise<R>, relation: RelationMetadata, owner: ObjectLiteral): Promise<R> {
  const pending = `__promise_${relation.propertyName}__`
  return onFirstThen(result, (loading) => {
    loading.catch(() => {
      if (owner[pending] === loading) delete owner[pending]
    })
    void onFirstThen(loading, (derived) => {
      derived.catch(() => {})
    })
  })
}

/** Shows the promise that the first call of `then` derives. An `await` calls no `then`. */
function onFirstThen<R>(promise: Promise<R>, see: (derived: Promise<unknown>) => void): Promise<R> {
  // oxlint-disable-next-line unicorn/no-thenable -- a promise has one anyway, and has its own again after the first call
  return Object.defineProperty(promise, "then", {
    configurable: true,
    value: (...handlers: Parameters<Promise<R>["then"]>) => {
      delete (promise as Partial<Promise<R>>).then
      const derived = promise.then(...handlers)
      see(derived)
      return derived
    },
  })
}
