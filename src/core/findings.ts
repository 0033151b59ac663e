import type { Finding, LeakKind } from "./leak-report.ts"
import { remembered } from "./remembered.ts"
import { suggestedFix, type FixInput, type TenantPath } from "./suggested-fix.ts"

const paths = new WeakMap<Finding, TenantPath | undefined>()

/** Code that closes a leak, for its record: made when there is one. */
export function fixOf(finding: Finding, strategy: string | undefined, call: FixInput["call"]): string | undefined {
  return suggestedFix({ ...finding, strategy, call, tenant: paths.get(finding) })
}

/** The findings at one place: a relation, or the rows of an entity at top level. One object for each kind, because a load counts by it. */
export class Findings {
  readonly #place: Omit<Finding, "what">
  readonly #tenant: TenantPath | undefined
  readonly #known = new Map<LeakKind, Finding>()

  /** Without `tenant`, no fix is suggested. */
  constructor(place: Omit<Finding, "what">, tenant?: TenantPath) {
    this.#place = place
    this.#tenant = tenant
  }

  of(what: LeakKind): Finding {
    return remembered(this.#known, what, () => {
      const finding = Object.freeze({ what, ...this.#place })
      paths.set(finding, this.#tenant)
      return finding
    })
  }
}
