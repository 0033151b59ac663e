import { missingScope } from "./decisions.ts"
import type { Findings } from "./findings.ts"
import type { LeakLog } from "./leak-log.ts"
import type { Policy } from "./options.ts"
import type { Scope, ScopeContext } from "./scope-context.ts"

/** A scope whose writes are confined to its tenants. */
export interface WriteScope {
  readonly scope: Scope
  /** The scope's identity. */
  readonly key: string
  /** The normalised keys of its tenants. */
  readonly owned: ReadonlySet<string>
}

/**
 * The scope that a write to rows of these tenant-owned entities is confined to; undefined where anything may be written: in `withoutTenant`,
 * with `writes: "allow"`, and outside any scope where `noTenant` lets it pass.
 *
 * @throws {TenantFailsafeError} `TENANT_MISSING` outside any scope, after a note of it in the log
 */
export function writeScope(
  policy: Policy,
  context: ScopeContext | undefined,
  targets: Iterable<{ readonly findings: Findings }>,
  log: LeakLog,
): WriteScope | undefined {
  if (policy.writes === "allow") return undefined
  if (context?.scope === undefined) {
    for (const { findings } of new Set(targets)) noteMissing(policy, findings, log)
    return undefined
  }
  const { scope, key, owned } = context
  return key === undefined || owned === undefined ? undefined : { scope, key, owned }
}

function noteMissing(policy: Policy, findings: Findings, log: LeakLog): void {
  const decision = missingScope(policy, findings, log, "saved")
  if (decision === undefined) return
  log.note(decision.finding, { loaded: 0, rows: 0, strategy: "save" })
  if (decision.refusal !== undefined) throw decision.refusal
}
