/** How grave a finding is: rows are open, rows may come to be open or queries are slow, or something to know. */
export type Severity = "error" | "warn" | "info"

/** What an audit may find; the names are stable. */
export type AuditCode =
  | "role-superuser"
  | "role-bypassrls"
  | "role-can-set-bypass"
  | "missing-table"
  | "missing-column"
  | "rls-disabled"
  | "policy-always-true"
  | "check-always-true"
  | "insert-no-check"
  | "view-not-invoker"
  | "matview"
  | "partition-no-rls"
  | "no-force"
  | "no-policy"
  | "multiple-permissive"
  | "policy-ignores-tenant"
  | "text-cast"
  | "chained-in"
  | "no-tenant-index"
  | "tenant-nullable"
  | "fk-not-tenant-scoped"
  | "truncate-granted"
  | "unmapped-tenant-table"
  | "definer-search-path"
  | "no-initplan"
  | "global-unique"
  | "global-table"
  | "no-policy-for-command"

/** What a code says in general. */
export interface CodeMeaning {
  /** Where a finding does not say otherwise. */
  readonly severity: Severity
  readonly title: string
}

/** Every code; of each severity in the order in which findings are told. */
export const auditCodes: Readonly<Record<AuditCode, CodeMeaning>> = {
  "role-superuser": { severity: "error", title: "Row security does not hold for the application's role, a superuser" },
  "role-bypassrls": {
    severity: "error",
    title: "Row security does not hold for the application's role, which has BYPASSRLS",
  },
  "role-can-set-bypass": {
    severity: "error",
    title: "The application's role can become one that row security does not hold for",
  },
  "missing-table": { severity: "error", title: "The database lacks the table of a tenant-owned entity" },
  "missing-column": { severity: "error", title: "The database lacks a column that tells whose a row is" },
  "rls-disabled": { severity: "error", title: "Row security is off on a tenant-owned table" },
  "policy-always-true": { severity: "error", title: "A policy shows every row" },
  "check-always-true": { severity: "error", title: "A policy lets every row be written" },
  "insert-no-check": {
    severity: "error",
    title: "A policy without WITH CHECK lets rows be written that are not the tenant's own",
  },
  "view-not-invoker": { severity: "error", title: "A view shows rows to the application with the rights of its owner" },
  matview: { severity: "error", title: "A materialized view keeps the rows of every tenant where no policy holds" },
  "partition-no-rls": {
    severity: "error",
    title: "A partition can be read directly, where the policies of its table do not hold",
  },
  "no-force": { severity: "warn", title: "Row security does not hold for the owner of a table" },
  "no-policy": { severity: "warn", title: "Row security is on, and no policy lets the application see a row" },
  "multiple-permissive": {
    severity: "warn",
    title: "Several permissive policies hold at once: what one allows, no other forbids",
  },
  "policy-ignores-tenant": { severity: "warn", title: "A part of a policy does not depend on the tenant" },
  "text-cast": { severity: "warn", title: "A policy casts the tenant column, so that no index on it serves" },
  "chained-in": {
    severity: "warn",
    title: "A policy follows references with IN, which PostgreSQL may run anew for each row",
  },
  "no-tenant-index": { severity: "warn", title: "No index starts with the tenant column" },
  "tenant-nullable": { severity: "warn", title: "The tenant column may be NULL, other than the entity says" },
  "fk-not-tenant-scoped": { severity: "warn", title: "A foreign key lets a row refer to one of another tenant" },
  "truncate-granted": { severity: "warn", title: "The application may empty a table for every tenant" },
  "unmapped-tenant-table": {
    severity: "warn",
    title: "A table has a tenant column, but no entity and no row security",
  },
  "definer-search-path": { severity: "warn", title: "A SECURITY DEFINER function finds names where its caller says" },
  "no-initplan": { severity: "info", title: "A policy asks for the tenant once for each row" },
  "global-unique": {
    severity: "info",
    title: "A unique key spans every tenant, so that it tells which values others have",
  },
  "global-table": {
    severity: "info",
    title: "A table that is not tenant-owned may be written, or holds rows of tenants",
  },
  "no-policy-for-command": { severity: "info", title: "A command that the application may use has no policy" },
}
