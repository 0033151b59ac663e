import { createHash } from "node:crypto"
import type { CallSite } from "./call-site.ts"
import type { RowSecurityCause, RowSecurityDiagnosis } from "./row-security.ts"

/** What a leak detection is about. */
export type LeakKind =
  | "dropped"
  | "kept"
  | "reference"
  | "root"
  | "unknown"
  | "write"
  | "no-tenant"
  | "unloaded-write"
  | "rls-not-held"

/** What is the same in every detection at one relation: names only, never row contents. */
export interface Finding {
  readonly what: LeakKind
  readonly orm: "mikro-orm" | "typeorm"
  /** The entity that has the relation, or the entity itself for rows found at top level. */
  readonly owner: string
  /** The relation's name; `null` for rows found at top level. */
  readonly relation: string | null
  /** The entity whose rows are foreign. */
  readonly child: string
  /** The property path by which the child's tenant was judged. */
  readonly column: string
}

/** How often and how much: the counts of one finding within one load. */
export interface Tally {
  /** Rows examined in the collections concerned. */
  loaded: number
  /** Rows that the record is about: foreign ones, or those of unknown tenant. */
  rows: number
  /** How the rows arrived, where that is known: `"joined"`, `"select-in"`, … */
  strategy?: string | undefined
}

/**
 * One leak detection, as plain JSON: a (load, relation) pair with its counts. It names entities, relations, places in the
 * code and counts; never row contents, keys, tenant ids or SQL.
 */
export interface LeakReport extends Finding {
  readonly event: "tenant_leak"
  readonly v: 1
  readonly kind: "first" | "summary"
  /** The same for the same relation at the same function: `v1:` and 16 hex digits. */
  readonly fingerprint: string
  /** Rows examined in the collections concerned. */
  readonly loaded: number
  /** Rows that the record is about, whatever was done with them. */
  readonly rows: number
  /** Rows that were taken out of collections: `rows` when `what` is `"dropped"`, else 0 (unless `onUnknown` is `"drop"`). */
  readonly dropped: number
  /** Loads that this record stands for. */
  readonly events: number
  /** The largest `dropped` of one load. */
  readonly maxDropped: number
  /** ISO 8601 times. */
  readonly firstSeen: string
  readonly lastSeen: string
  readonly strategy?: string
  /** The template of the route that the request took, such as `/customers/:id`; never its URL. */
  readonly route?: string
  /** Which release of the application it was, where `reportLeaks` was told. */
  readonly release?: string
  /** The trace that was active, where there was one. */
  readonly trace_id?: string
  /** Code that closes the leak; for `"rls-not-held"`, the SQL that mends the database. */
  readonly fix?: string
  /** Set where the record tells that a safety net failed: `"rls-not-held"`. */
  readonly severity?: "error"
  /** For `"rls-not-held"`: why, as far as the database's catalog tells. */
  readonly cause?: RowSecurityCause
  /** The cause in a sentence, with the names of tables, policies and roles. */
  readonly explanation?: string
  /** Relative to the root of the package that the file belongs to. */
  readonly "code.file.path"?: string
  readonly "code.line.number"?: number
  readonly "code.function.name"?: string
}

/** What is detected beyond the number of findings that are told apart: counts alone. */
export interface LeakOverflow {
  readonly event: "tenant_leak_overflow"
  readonly v: 1
  /** Loads, rows and dropped rows since the last overflow record. */
  readonly events: number
  readonly rows: number
  readonly dropped: number
  /** ISO 8601 times. */
  readonly firstSeen: string
  readonly lastSeen: string
}

/** A line of the production log. */
export type LeakRecord = LeakReport | LeakOverflow

/** Builds the record of one finding within one load. */
export function leakReport(
  finding: Finding,
  tally: Tally,
  dropped: number,
  site: CallSite | undefined,
  now: Date,
  { route, fix }: { readonly route?: string | undefined; readonly fix?: string | undefined } = {},
): LeakReport {
  const time = now.toISOString()
  return Object.freeze({
    event: "tenant_leak",
    v: 1,
    kind: "first",
    ...finding,
    fingerprint: fingerprint(finding, site, route),
    loaded: tally.loaded,
    rows: tally.rows,
    dropped,
    events: 1,
    maxDropped: dropped,
    firstSeen: time,
    lastSeen: time,
    ...(tally.strategy === undefined ? {} : { strategy: tally.strategy }),
    ...(route === undefined ? {} : { route }),
    ...(fix === undefined ? {} : { fix }),
    ...(site === undefined ? {} : placeOf(site)),
  })
}

/**
 * Builds the record that row security let the foreign rows of a detection pass. It has the detection's place and fingerprint, and no rows:
 * these were counted with the detection.
 */
export function rowSecurityReport(
  { fix: _fix, strategy: _strategy, ...report }: LeakReport,
  { cause, explanation, mend }: RowSecurityDiagnosis,
): LeakReport {
  return Object.freeze({
    ...report,
    what: "rls-not-held",
    loaded: 0,
    rows: 0,
    dropped: 0,
    maxDropped: 0,
    severity: "error",
    cause,
    explanation,
    ...(mend === undefined ? {} : { fix: mend }),
  })
}

function placeOf(site: CallSite): Pick<LeakReport, "code.file.path" | "code.line.number" | "code.function.name"> {
  const place = { "code.file.path": site.file, "code.line.number": site.line }
  return site.function === undefined ? place : { ...place, "code.function.name": site.function }
}

/** The route counts only where nothing else tells the place: one function may serve several. */
function fingerprint(finding: Finding, site: CallSite | undefined, route: string | undefined): string {
  const { orm, owner, relation, child, column } = finding
  const parts = [orm, owner, relation, child, column, site?.file ?? null, site?.function ?? null]
  if (site === undefined && route !== undefined) parts.push(route)
  return `v1:${createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16)}`
}
