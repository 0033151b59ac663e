import type { Origin } from "./call-site.ts"
import type { ScopeContext } from "./scope-context.ts"

/** Where each EntityManager or transaction was last used inside a scope. */
const places = new WeakMap<object, Origin>()

/** Remembers a load inside a scope; returns the last one of the same holder for a load outside any. */
export function trackScope(holder: object, context: ScopeContext | undefined, origin: Origin): Origin | undefined {
  if (context?.scope === undefined) return places.get(holder)
  places.set(holder, origin)
  return undefined
}
