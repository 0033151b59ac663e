import type { TenantFailsafeError } from "./errors.ts"
import type { Findings } from "./findings.ts"
import type { LeakLog } from "./leak-log.ts"
import type { Finding } from "./leak-report.ts"
import type { Policy } from "./options.ts"
import { leakDetected, referenceForeign, rootForeign, rootUnknown, tenantMissing, tenantUnknown } from "./refusals.ts"
import { scopeLoss } from "./scope-loss.ts"

/** What the policy makes of something that was found: the record, whether the rows stay, and why the load fails if it does. */
export interface Decision {
  readonly finding: Finding
  readonly isKept: boolean
  readonly refusal: TenantFailsafeError | undefined
}

/** Foreign rows in a to-many relation. */
export function foreignChildren({ onLeak }: Policy, findings: Findings): Decision {
  const isKept = onLeak === "report"
  const finding = findings.of(isKept ? "kept" : "dropped")
  return { finding, isKept, refusal: onLeak === "throw" ? leakDetected(finding) : undefined }
}

/** Rows in a to-many relation whose tenant could not be determined. */
export function unknownChildren({ onUnknown }: Policy, findings: Findings): Decision {
  const finding = findings.of("unknown")
  const refusal = onUnknown === "throw" ? tenantUnknown(finding) : undefined
  return { finding, isKept: onUnknown === "keep", refusal }
}

/** Both decisions about rows in a to-many relation, each with its rows, where there are any. */
export function decideChildren<Row>(
  policy: Policy,
  findings: Findings,
  foreign: readonly Row[],
  unknown: readonly Row[],
): readonly (readonly [decision: Decision, rows: readonly Row[]])[] {
  const decided: (readonly [Decision, readonly Row[]])[] = []
  if (foreign.length > 0) decided.push([foreignChildren(policy, findings), foreign])
  if (unknown.length > 0) decided.push([unknownChildren(policy, findings), unknown])
  return decided
}

/** A guarded relation that is loaded, or saved, outside any scope; undefined where that is allowed. */
export function missingScope(
  { noTenant }: Policy,
  findings: Findings,
  log: LeakLog | undefined,
  happening?: "loaded" | "saved",
): Decision | undefined {
  if (noTenant === "allow") return undefined
  const finding = findings.of("no-tenant")
  const refusal =
    noTenant === "throw" ? tenantMissing(finding, scopeLoss(log?.origin, log?.lastScoped), happening) : undefined
  return { finding, isKept: true, refusal }
}

/** A to-one relation that points at a foreign row. */
export function foreignReference({ references }: Policy, findings: Findings): Decision {
  const finding = findings.of("reference")
  return { finding, isKept: true, refusal: references === "throw" ? referenceForeign(finding) : undefined }
}

/** Foreign rows at top level; undefined where nobody wants to know. */
export function foreignRoots({ roots }: Policy, findings: Findings): Decision | undefined {
  if (roots === "ignore") return undefined
  const finding = findings.of("root")
  return { finding, isKept: true, refusal: roots === "throw" ? rootForeign(finding) : undefined }
}

/** Rows at top level whose tenant could not be determined; undefined where nobody wants to know. */
export function unknownRoots({ roots }: Policy, findings: Findings): Decision | undefined {
  if (roots === "ignore") return undefined
  const finding = findings.of("unknown")
  return { finding, isKept: true, refusal: roots === "throw" ? rootUnknown(finding) : undefined }
}
