import type { CallSite } from "./call-site.ts"
import { TenantFailsafeError, type FailsafeErrorCode } from "./errors.ts"
import type { Finding } from "./leak-report.ts"
import { detailsOf, labelOf } from "./refusals.ts"
import type { WriteFault } from "./verdict.ts"

// The refusals of the write guard, in either ORM: each names what would have been written, where, and how to do it deliberately.

/** What a write does to the rows that it is about; for `link` and `unlink`, to a relation between them. */
export type WriteOperation = "insert" | "update" | "upsert" | "delete" | "link" | "unlink" | "truncate"

/** A write that was found to be at fault. */
export interface RefusedWrite {
  readonly fault: WriteFault
  readonly finding: Finding
  readonly operation: WriteOperation
  readonly rows: number
}

const codes: Readonly<Record<WriteFault, FailsafeErrorCode>> = {
  foreign: "WRITE_FOREIGN",
  unknown: "TENANT_UNKNOWN",
  hidden: "WRITE_FOREIGN",
  moved: "TENANT_IMMUTABLE",
  claimed: "TENANT_IMMUTABLE",
  unnamed: "TENANT_AMBIGUOUS",
}

export function writeRefused(write: RefusedWrite, site: CallSite | undefined): TenantFailsafeError {
  const { fault, finding, operation, rows } = write
  return new TenantFailsafeError(
    codes[fault],
    `${sentences[fault](write, site === undefined ? "" : ` ${placeOf(site)}`)} Nothing was sent.`,
    { ...detailsOf(finding), operation, rows, ...placeDetails(site) },
  )
}

/** Something is deleted on which foreign rows hang: the database would delete or detach them, or refuse. */
export function hangingForeign(
  finding: Finding,
  byRelation: readonly (readonly [hanging: Finding, rows: number])[],
  site: CallSite | undefined,
): TenantFailsafeError {
  const counts = byRelation.map(([hanging, rows]) => [labelOf(hanging), rows] as const)
  const listed = counts.map(([label, rows]) => `${label} (${rows})`).join(", ")
  return new TenantFailsafeError(
    "WRITE_FOREIGN",
    `Deleting ${finding.child}${site === undefined ? "" : ` ${placeOf(site)}`} would reach rows of other tenants that hang on it: ${listed}. ` +
      "Keep it and remove the own rows only, or delete it in withoutTenant(reason, fn) if every tenant's rows are meant. " +
      "Nothing was sent.",
    { ...detailsOf(finding), operation: "delete", hanging: Object.fromEntries(counts), ...placeDetails(site) },
  )
}

/** Something is deleted on which rows may hang that row security hides, and that the database would delete or detach along. */
export function hangingUnseen(
  finding: Finding,
  relations: readonly Finding[],
  site: CallSite | undefined,
): TenantFailsafeError {
  const labels = relations.map(labelOf)
  return new TenantFailsafeError(
    "WRITE_FOREIGN",
    `Deleting ${finding.child}${site === undefined ? "" : ` ${placeOf(site)}`} may reach rows of other tenants that row security does not show: by ` +
      `${labels.join(", ")}. Foreign keys look past policies. Let them restrict the deletion, or delete it in withoutTenant(reason, fn) if ` +
      "every tenant's rows are meant. Nothing was sent.",
    { ...detailsOf(finding), operation: "delete", unseen: labels, ...placeDetails(site) },
  )
}

const sentences: Readonly<Record<WriteFault, (write: RefusedWrite, place: string) => string>> = {
  foreign: foreignSentences,
  unknown: ({ finding, operation, rows }, place) =>
    `${gerundOf(operation)} ${labelOf(finding)}${place} would touch ${counted(rows)} whose tenant cannot be read from ` +
    `${finding.column}. Correct what is stored there, or write it in withoutTenant(reason, fn).`,
  hidden: ({ finding, operation, rows }, place) =>
    `${gerundOf(operation)} ${labelOf(finding)}${place} would refer to ${counted(rows)} of ${finding.relation === null ? "another entity" : finding.child} ` +
    "that row security does not show to the current tenant: of another tenant, or not there. Foreign keys look past policies, so that " +
    "the database would not refuse. Link rows of the current tenant, or do it in switchTenant(id, reason, fn) if it is meant.",
  moved: ({ finding, rows }, place) =>
    `Updating ${finding.child}${place} would give ${counted(rows)} another tenant. ${finding.column} is fixed once a row is stored: ` +
    "insert a new row for the other tenant, or move it in withoutTenant(reason, fn).",
  claimed: ({ finding, rows }, place) =>
    `Updating ${finding.child}${place} would make ${counted(rows)} that all tenants share one tenant's own. If shared rows of ` +
    `${finding.child} may be claimed, say so with { claimable: ['${finding.child}'] }, or do it in withoutTenant(reason, fn).`,
  unnamed: ({ finding, rows }, place) =>
    `Inserting ${finding.child}${place} leaves ${counted(rows)} without a tenant, for every tenant to see. Set ${finding.column}: ` +
    "withTenants has several to choose from, withTenant(id, fn) narrows to one. Shared rows are made in withoutTenant(reason, fn).",
}

function foreignSentences({ finding, operation, rows }: RefusedWrite, place: string): string {
  const label = labelOf(finding)
  const deliberately = "or do it in withoutTenant(reason, fn) or switchTenant(id, reason, fn) if it is meant."
  switch (operation) {
    case "truncate":
      return `Truncating ${label}${place} would delete the rows of every tenant. Delete by a condition, which is confined to the current tenant, ${deliberately}`
    case "link":
    case "unlink":
      return (
        `${gerundOf(operation)} ${label}${place} would reach ${counted(rows)} of ${finding.child} that ${belong(rows)} to another tenant. ` +
        `Link rows of the current tenant, ${deliberately}`
      )
    default:
      return (
        `${gerundOf(operation)} ${label}${place} would reach ${counted(rows)} that ${belong(rows)} to another tenant. Write rows whose ` +
        `${finding.column} is the current tenant, ${deliberately}`
      )
  }
}

const gerunds: Readonly<Record<WriteOperation, string>> = {
  insert: "Inserting",
  update: "Updating",
  upsert: "Upserting",
  delete: "Deleting",
  link: "Linking",
  unlink: "Unlinking",
  truncate: "Truncating",
}

function gerundOf(operation: WriteOperation): string {
  return gerunds[operation]
}

function counted(rows: number): string {
  return rows === 1 ? "1 row" : `${rows} rows`
}

function belong(rows: number): string {
  return rows === 1 ? "belongs" : "belong"
}

function placeOf({ file, line, function: name }: CallSite): string {
  return name === undefined ? `at ${file}:${line}` : `in ${name} (${file}:${line})`
}

function placeDetails(site: CallSite | undefined): { readonly place?: string } {
  return site === undefined ? {} : { place: `${site.file}:${site.line}` }
}
