import type { QueryRunner } from "typeorm"
import { currentContext, runInContext } from "../../core/scope.ts"
import { loadingIn } from "../../core/scope-context.ts"
import { Failsafe } from "../failsafe.ts"
import { currentPersisting } from "../load.ts"
import { dataSourceOf } from "../query-port.ts"

type Broadcast = (this: ListenersPort, ...args: unknown[]) => unknown

/** What TypeORM calls listeners and subscribers by while it sends something. Read in the sources of 0.3.31 and 1.1.1. */
export interface ListenersPort {
  readonly queryRunner: QueryRunner
  broadcast: Broadcast
  broadcastLoadEvent: Broadcast
  broadcastBeforeQueryEvent: Broadcast
  broadcastAfterQueryEvent: Broadcast
}

const names = ["broadcast", "broadcastLoadEvent", "broadcastBeforeQueryEvent", "broadcastAfterQueryEvent"] as const

/** What a listener writes while TypeORM sends what was judged is no part of it, and judged by itself. */
export function guardListeners(prototype: ListenersPort): void {
  for (const name of names) {
    const broadcast = prototype[name]
    const isQuery = name.endsWith("QueryEvent")
    prototype[name] = function (this: ListenersPort, ...args) {
      if ((isQuery || queryEvents.has(args[0])) && hasNoSubscribers(this)) return broadcast.apply(this, args)
      const failsafe = Failsafe.of(this.queryRunner)
      const isJudged = failsafe !== undefined && currentPersisting(failsafe)?.kind === "judged"
      if (!isJudged) return broadcast.apply(this, args)
      return runInContext(loadingIn(currentContext(), undefined), () => broadcast.apply(this, args))
    }
  }
}

const queryEvents: ReadonlySet<unknown> = new Set(["BeforeQuery", "AfterQuery"])

/** Nobody else hears of queries, of which there are many. */
function hasNoSubscribers({ queryRunner }: ListenersPort): boolean {
  return dataSourceOf(queryRunner).subscribers.length === 0
}
