import type { EntityManager } from "@mikro-orm/core"
import type { ScopeContext } from "../core/scope.ts"
import { runLoad, type EntityLoad } from "./entity-load.ts"
import type { Failsafe } from "./failsafe.ts"

/**
 * Reads a stream row by row, each row in the scope in which the stream was asked for, whoever consumes it and wherever, and
 * each row as one load.
 */
export async function* guardedStream<T>(
  failsafe: Failsafe,
  em: EntityManager,
  source: AsyncIterator<T>,
  context: ScopeContext | undefined,
  audit: (load: EntityLoad, row: T) => void,
): AsyncGenerator<T, void, void> {
  const next = (): Promise<IteratorResult<T>> =>
    runLoad(
      failsafe,
      em,
      async (load) => {
        const step = await source.next()
        if (step.done !== true) audit(load, step.value)
        return step
      },
      context,
    )
  let isDone = false
  try {
    for (let step = await next(); step.done !== true; step = await next()) yield step.value
    isDone = true
  } finally {
    if (!isDone) await source.return?.()
  }
}
