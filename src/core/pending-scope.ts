import { contextFor, pendingContext, type Route, type Scope, type ScopeContext } from "./scope-context.ts"
import { currentContext, runInContext } from "./scope.ts"

/**
 * Runs in a scope that is decided later, by calling `seal` once: for a framework that knows who the caller is only after the place
 * where the scope must be opened. Until then there is no scope, and what was bound before stays without one.
 */
export function runPending<R>(run: (seal: (scope: Scope) => void, context: ScopeContext) => R, route?: Route): R {
  const observers = currentContext()?.observers
  const pending = pendingContext(observers, route)
  return runInContext(pending.context, () =>
    run((scope) => pending.become(contextFor(scope, observers, route)), pending.context),
  )
}
