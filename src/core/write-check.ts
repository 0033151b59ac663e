import { findCallSite } from "./call-site.ts"
import type { TenantFailsafeError } from "./errors.ts"
import type { Findings } from "./findings.ts"
import type { LeakLog } from "./leak-log.ts"
import type { Policy } from "./options.ts"
import { faultOfChange, Judge, type WriteFault } from "./verdict.ts"
import {
  hangingForeign,
  hangingUnseen,
  writeRefused,
  type RefusedWrite,
  type WriteOperation,
} from "./write-refusals.ts"

/** What is written to: the rows of an entity, or the links that a relation makes. */
export interface WriteTarget {
  readonly findings: Findings
  /** Whether a shared row may become one tenant's own. */
  readonly isClaimable?: boolean
}

interface Found extends RefusedWrite {
  rows: number
}

/**
 * Judges everything that one flush, `save` or statement would write, before any of it is sent. Each row costs one comparison; what is
 * found is told at the end, as a whole.
 */
export class WriteCheck {
  readonly #policy: Policy
  readonly #log: LeakLog
  readonly #judge: Judge
  readonly #found: Found[] = []
  #refusal: TenantFailsafeError | undefined

  /** `owned`: the normalised keys of the tenants that the scope owns. */
  constructor(policy: Policy, owned: ReadonlySet<string>, log: LeakLog) {
    this.#policy = policy
    this.#log = log
    this.#judge = new Judge(owned)
  }

  /** A new row, with the tenant that it will have: after stamping, so that one without a tenant is a row that must name it. */
  insert(target: WriteTarget, tenant: unknown, operation: WriteOperation = "insert"): void {
    const verdict = tenant === undefined ? "shared" : this.#judge.judge(tenant)
    if (verdict !== "own") this.#note(target, operation, verdict === "shared" ? "unnamed" : verdict)
  }

  /**
   * A stored row that is written, linked or unlinked, by the tenant that the database holds: never by what an object claims. Shared rows
   * are everybody's.
   */
  stored(target: WriteTarget, tenant: unknown, operation: WriteOperation): void {
    const verdict = this.#judge.judge(tenant)
    if (verdict === "foreign" || verdict === "unknown") this.#note(target, operation, verdict)
  }

  /** The tenant column of a stored row is part of what is written. */
  changed(target: WriteTarget, stored: unknown, tenant: unknown, operation: WriteOperation = "update"): void {
    const fault = faultOfChange(stored, tenant, target.isClaimable === true && this.#judge.judge(tenant) === "own")
    if (fault !== undefined) this.#note(target, operation, fault)
  }

  /** A statement that no condition can confine, or a fault that only the adapter can see. */
  fault(target: WriteTarget, operation: WriteOperation, fault: WriteFault, rows = 1): void {
    this.#note(target, operation, fault, rows)
  }

  /** Foreign rows that hang on what is deleted: how many, by the relation that they hang by. */
  hanging(target: WriteTarget, counts: ReadonlyMap<Findings, number>): void {
    if (counts.size === 0) return
    const byRelation = [...counts].map(([findings, rows]) => [findings.of("write"), rows] as const)
    for (const [finding, rows] of byRelation) this.#log.note(finding, { loaded: rows, rows, strategy: "delete" })
    this.#refusal ??= hangingForeign(target.findings.of("write"), byRelation, findCallSite(this.#log.origin))
  }

  /** Rows that may hang on what is deleted, by these relations, but that row security does not show: nobody could count them. */
  hangingUnseen(target: WriteTarget, relations: readonly Findings[], rows: number): void {
    if (relations.length === 0) return
    const finding = target.findings.of("write")
    this.#log.note(finding, { loaded: rows, rows, strategy: "delete" })
    const labels = relations.map((findings) => findings.of("write"))
    this.#refusal ??= hangingUnseen(finding, labels, findCallSite(this.#log.origin))
  }

  /**
   * Notes what was found in the load's log, which publishes it.
   *
   * @throws {TenantFailsafeError} `WRITE_FOREIGN`, `TENANT_IMMUTABLE`, `TENANT_AMBIGUOUS`, `TENANT_UNKNOWN` with `writes: "throw"`
   */
  close(): void {
    for (const { finding, operation, rows } of this.#found) {
      this.#log.note(finding, { loaded: rows, rows, strategy: operation })
    }
    const [first] = this.#found
    if (this.#policy.writes !== "throw" || (first === undefined && this.#refusal === undefined)) return
    throw first === undefined ? this.#refusal! : writeRefused(first, findCallSite(this.#log.origin))
  }

  #note({ findings }: WriteTarget, operation: WriteOperation, fault: WriteFault, rows = 1): void {
    const finding = findings.of("write")
    const known = this.#found.find(
      (found) => found.finding === finding && found.operation === operation && found.fault === fault,
    )
    if (known === undefined) this.#found.push({ finding, operation, fault, rows })
    else known.rows += rows
  }
}
