import type { MaybePromise } from "./maybe-promise.ts"
import type { RequestPort } from "./request-port.ts"
import type { Selection } from "./selection.ts"

/** A built-in resolver: made by `fromHeader`, `fromClaim` and the like. */
export interface Selector {
  /** Why what it finds may be somebody else's tenant, unless `authorize` is asked; undefined for what the server verified. */
  readonly risk: string | undefined
  /** How messages name it: `fromHeader("x-tenant")`. */
  readonly label: string
  select(port: RequestPort): MaybePromise<Selection>
}

const selectors = new WeakSet<object>()

export function selector(parts: Selector): Selector {
  const made = Object.freeze(parts)
  selectors.add(made)
  return made
}

export function isSelector(value: unknown): value is Selector {
  return typeof value === "object" && value !== null && selectors.has(value)
}
