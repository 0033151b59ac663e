import type { LeakLog } from "./leak-log.ts"
import type { Policy } from "./options.ts"
import { tenantsOf } from "./scope-tenants.ts"
import { stampOf, type TenantType } from "./stamp.ts"
import type { TenantId } from "./tenant-id.ts"
import { Judge, type Verdict } from "./verdict.ts"
import { WriteCheck } from "./write-check.ts"
import type { WriteScope } from "./write-scope.ts"

/** What one flush, `save` or statement is about to write, in the scope that it is confined to. */
export class ScopedWrite {
  readonly log: LeakLog
  readonly tenants: readonly TenantId[]
  /** What was judged since the last `close`. */
  check: WriteCheck
  readonly #policy: Policy
  readonly #within: WriteScope
  readonly #judge: Judge

  constructor(policy: Policy, log: LeakLog, within: WriteScope) {
    this.log = log
    this.tenants = tenantsOf(within.scope) ?? []
    this.#policy = policy
    this.#within = within
    this.#judge = new Judge(within.owned)
    this.check = this.#newCheck()
  }

  /** The identity of the scope. */
  get key(): string {
    return this.#within.key
  }

  judge(tenant: unknown): Verdict {
    return this.#judge.judge(tenant)
  }

  /** Whether a row is neither own nor shared. */
  isForeign(tenant: unknown): boolean {
    const verdict = this.judge(tenant)
    return verdict === "foreign" || verdict === "unknown"
  }

  /** The tenant that a new row gets, as its column takes it; undefined where the row must name it. */
  stampAs(type: TenantType): TenantId | undefined {
    return stampOf(this.#within.scope, type)
  }

  /** Concludes what was judged so far; what comes later within the same write is judged anew. Throws what `WriteCheck.close` throws. */
  close(): void {
    const { check } = this
    this.check = this.#newCheck()
    check.close()
  }

  #newCheck(): WriteCheck {
    return new WriteCheck(this.#policy, this.#within.owned, this.log)
  }
}
