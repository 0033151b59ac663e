import type { AuditCode, Severity } from "../../../../src/postgres/audit/codes.ts"
import type { Found } from "./shop.ts"

/** A fault as somebody would make it, and the one finding that it yields. `:app` is the application's role. */
export interface Fault {
  readonly name: string
  readonly statements: readonly string[]
  readonly found: Found
}

export function fault(
  name: string,
  severity: Severity,
  code: AuditCode,
  place: Omit<Found, "severity" | "code">,
  ...statements: readonly string[]
): Fault {
  return { name, statements, found: { severity, code, ...place } }
}
