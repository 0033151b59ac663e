import { auditCodes, type AuditCode, type Severity } from "./codes.ts"

/** Something in a database that lets tenants reach each other's rows, may come to do so, or makes row security slow. */
export interface Finding {
  readonly severity: Severity
  readonly code: AuditCode
  /** With its schema. */
  readonly table?: string
  readonly role?: string
  /** The policy, view, function, index, key or column that it is about. */
  readonly object?: string
  readonly message: string
  /** The SQL that mends it, one or more statements; for a role that may do so. */
  readonly mend: string
}

/** What a finding is about. */
export interface Place {
  readonly table?: string
  readonly role?: string
  readonly object?: string
  /** Where it is not that of the code. */
  readonly severity?: Severity
}

/** With the statements that mend it, in their order. */
export function finding(code: AuditCode, place: Place, message: string, mend: readonly string[]): Finding {
  const { severity = auditCodes[code].severity, ...where } = place
  return { severity, code, ...where, message, mend: mend.map((statement) => `${statement};`).join("\n") }
}

/** The gravest first, each code's together. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  const codes = Object.keys(auditCodes)
  const rank = ({ severity, code }: Finding) => severities.indexOf(severity) * codes.length + codes.indexOf(code)
  return findings.toSorted((one, other) => rank(one) - rank(other))
}

/** The gravest first. */
export const severities: readonly Severity[] = ["error", "warn", "info"]
