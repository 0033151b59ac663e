import type { Finding, LeakKind } from "./leak-report.ts"
import { remembered } from "./remembered.ts"

/** The findings at one place: a relation, or the rows of an entity at top level. One object for each kind, because a load counts by it. */
export class Findings {
  readonly #place: Omit<Finding, "what">
  readonly #known = new Map<LeakKind, Finding>()

  constructor(place: Omit<Finding, "what">) {
    this.#place = place
  }

  of(what: LeakKind): Finding {
    return remembered(this.#known, what, () => Object.freeze({ what, ...this.#place }))
  }
}
