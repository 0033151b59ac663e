/** Why foreign rows passed a row security that is declared active. Most are the audit's codes, and mean the same. */
export type RowSecurityCause =
  /** No policy holds for the application's role: a superuser, or one with BYPASSRLS. */
  | "role-superuser"
  | "role-bypassrls"
  /** Row security is off, with policies that wait for it; or there is no policy either. */
  | "rls-disabled"
  | "no-policy"
  /** The application's role owns the table, and row security is not forced. */
  | "no-force"
  /** A policy shows more than the tenant's rows. */
  | "policy-always-true"
  | "policy-ignores-tenant"
  /** The session tells the database no tenant, or another one than the scope's. */
  | "session-not-set"
  | "session-other-tenant"
  /** Rows come by a view, a materialized view or a function with the rights of an owner that policies do not hold for. */
  | "view-not-invoker"
  | "matview"
  | "definer-function"
  /** Row security holds by now: the rows were read in another scope, or changed in between. */
  | "stale"
  /** The catalog looks right, or could not be read. */
  | "unknown"

/** What the database says about foreign rows that it let pass. */
export interface RowSecurityDiagnosis {
  readonly cause: RowSecurityCause
  /** A sentence with the names of tables, policies and roles; never with values. */
  readonly explanation: string
  /** The SQL that mends it, where that can be told. */
  readonly mend?: string | undefined
}
