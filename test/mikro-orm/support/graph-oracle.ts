import { isDeepStrictEqual } from "node:util"
import { TenantFailsafeError } from "../../../src/index.ts"
import type { Graph, Relation, Row } from "./graph.ts"
import { isVisible, type ScopeStep } from "./graph-steps.ts"

export interface Child {
  id: number
  text: string
}

/** The rows that a customer's relation must show in a scope: the own and the shared ones. */
export function visibleRows(graph: Graph, scope: ScopeStep, customer: number, relation: Relation): Child[] {
  const table = tableOf(relation)
  const rows: Row[] =
    table === "tag"
      ? [...graph.tag.values()].filter((tag) => graph.links.has(`${customer}:${tag.id}`))
      : [...graph[table].values()].filter((row) => row.customer_id === customer)
  return rows
    .filter((row) => isVisible(scope, row.merchant_id))
    .map(({ id, text }) => ({ id, text }))
    .toSorted((a, b) => a.id - b.id)
}

export function tableOf(relation: Relation): "address" | "note" | "tag" {
  return relation === "addresses" ? "address" : relation === "notes" ? "note" : "tag"
}

/** The code of the refusal that `run` throws. */
export function codeOf(run: () => unknown): string {
  try {
    run()
    return "nothing"
  } catch (error) {
    return error instanceof TenantFailsafeError ? error.code : String(error)
  }
}

export function expectEqual(actual: unknown, expected: unknown, what: string): void {
  // Order within a table tells nothing: Map and Set compare without it.
  if (isDeepStrictEqual(actual, expected)) return
  throw new Error(`${what}: expected ${show(expected)}, got ${show(actual)}`)
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner instanceof Map || inner instanceof Set ? [...inner] : inner,
  )
}
