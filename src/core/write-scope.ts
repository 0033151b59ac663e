import { missingScope } from "./decisions.ts"
import type { Findings } from "./findings.ts"
import type { LeakLog } from "./leak-log.ts"
import type { Policy } from "./options.ts"
import type { Scope, ScopeContext } from "./scope-context.ts"

/** A scope whose writes are confined to its tenants. */
export interface WriteScope {
  readonly scope: Scope
  /** The normalised keys of its tenants. */
  readonly owned: ReadonlySet<string>
}

/**
 * The scope that a write is confined to; undefined where anything may be written: in `withoutTenant`, with `writes: "allow"`, and
 * outside any scope where `noTenant` lets it pass.
 *
 * @throws {TenantFailsafeError} `TENANT_MISSING` outside any scope, after a note of it in the log
 */
export function writeScope(
  policy: Policy,
  context: ScopeContext | undefined,
  findings: Findings,
  log: LeakLog,
): WriteScope | undefined {
  if (policy.writes === "allow") return undefined
  const scope = context?.scope
  if (scope === undefined) {
    const decision = missingScope(policy, findings, log, "saved")
    if (decision === undefined) return undefined
    log.note(decision.finding, { loaded: 0, rows: 0, strategy: "save" })
    if (decision.refusal !== undefined) throw decision.refusal
    return undefined
  }
  return context?.owned === undefined ? undefined : { scope, owned: context.owned }
}
