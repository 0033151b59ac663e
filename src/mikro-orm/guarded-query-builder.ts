import type { EntityManager } from "@mikro-orm/core"
import { currentContext } from "../core/scope.ts"
import { runLoad } from "./entity-load.ts"
import type { Failsafe } from "./failsafe.ts"
import { guardedStream } from "./guarded-stream.ts"
import { auditRoots } from "./roots.ts"

/** The methods of MikroORM's QueryBuilder that map rows to entities; `execute` returns rows and is not seen. */
export interface QueryBuilderPort {
  getResultList(limit?: number): Promise<object[]>
  stream(options?: { readonly rawResults?: boolean; readonly mapResults?: boolean }): AsyncIterableIterator<object>
  clone(...args: readonly unknown[]): QueryBuilderPort
}

/** Makes each result list of a query builder one load. `getResult`, `getSingleResult` and `getResultAndCount` lead to it. */
export function guardQueryBuilder<B extends QueryBuilderPort>(failsafe: Failsafe, em: EntityManager, builder: B): B {
  const getResultList = builder.getResultList.bind(builder)
  const stream = builder.stream.bind(builder)
  const clone = builder.clone.bind(builder)
  const own: QueryBuilderPort = {
    getResultList: (limit) =>
      runLoad(failsafe, em, async (load, isOutermost) => {
        if (isOutermost) load.log.call = "query builder"
        const entities = await getResultList(limit)
        if (isOutermost) auditRoots(load, entities)
        return entities
      }),
    stream(options) {
      const source = stream(options)
      if (options?.rawResults === true || options?.mapResults === false) return source
      return guardedStream(failsafe, em, source, currentContext(), (load, entity) => auditRoots(load, [entity]))
    },
    clone: (...args) => guardQueryBuilder(failsafe, em, clone(...args)),
  }
  for (const [name, value] of Object.entries(own)) {
    Object.defineProperty(builder, name, { value, configurable: true, writable: true })
  }
  return builder
}
