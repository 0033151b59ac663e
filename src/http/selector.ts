import type { RequestPort } from "./request-port.ts"
import type { Selection } from "./selection.ts"

/** A built-in resolver: made by `fromHeader`, `fromClaim` and the like. */
export interface Selector {
  /** Who decides what it finds: the client, or the server that verified who the caller is. */
  readonly source: "client" | "server"
  /** How messages name it: `fromHeader("x-tenant")`. */
  readonly label: string
  select(port: RequestPort): Selection | Promise<Selection>
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
