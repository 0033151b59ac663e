import type { EntityManager } from "@mikro-orm/core"
import { currentContext } from "../core/scope.ts"
import { runLoad } from "./entity-load.ts"
import type { Failsafe } from "./failsafe.ts"
import { guardedStream } from "./guarded-stream.ts"
import { auditRoots } from "./roots.ts"
import type { WriterPort } from "./writes/builder-statement.ts"
import { BuilderWrites } from "./writes/query-builder-writes.ts"

/** The methods of MikroORM's QueryBuilder that map rows to entities, or write; rows that `execute` returns are not seen. */
export interface QueryBuilderPort extends Omit<WriterPort, "clone"> {
  getResultList(limit?: number): Promise<object[]>
  stream(options?: { readonly rawResults?: boolean; readonly mapResults?: boolean }): AsyncIterableIterator<object>
  mapResult(row: unknown, isMapped?: boolean): object
  addCte(name: string, query: unknown, ...rest: readonly unknown[]): unknown
  clone(...args: readonly unknown[]): QueryBuilderPort
}

/** Makes each result list of a query builder one load. `getResult`, `getSingleResult` and `getResultAndCount` lead to it. */
export function guardQueryBuilder<B extends QueryBuilderPort>(failsafe: Failsafe, em: EntityManager, builder: B): B {
  const getResultList = builder.getResultList.bind(builder)
  const stream = builder.stream.bind(builder)
  const clone = builder.clone.bind(builder)
  const addCte = builder.addCte.bind(builder)
  const mapResult = builder.mapResult.bind(builder)
  const writes = new BuilderWrites(failsafe, em, builder)
  const own: Partial<QueryBuilderPort> = {
    execute: (method, options) => writes.execute(method, options),
    finalize: () => writes.finalize(),
    // What `em.map` is given here comes from the database.
    mapResult: (row, isMapped) => failsafe.mapping(() => mapResult(row, isMapped)),
    getResultList: (limit) =>
      runLoad(failsafe, em, async (load, isOutermost) => {
        if (isOutermost) load.log.call = "query builder"
        const entities = await getResultList(limit)
        if (isOutermost) auditRoots(load, entities)
        return entities
      }),
    stream(options) {
      if (writes.isWriting) return writes.stream(() => stream(options))
      const source = stream(options)
      if (options?.rawResults === true || options?.mapResults === false) return source
      return guardedStream(failsafe, em, source, currentContext(), (load, entity) => auditRoots(load, [entity]))
    },
    clone: (...args) => {
      const copy = guardQueryBuilder(failsafe, em, clone(...args))
      writes.shareWith(copy)
      return copy
    },
    addCte(name, query, ...rest) {
      writes.include(query)
      return addCte(name, query, ...rest)
    },
  }
  for (const [name, value] of Object.entries(own)) {
    Object.defineProperty(builder, name, { value, configurable: true, writable: true })
  }
  return builder
}
