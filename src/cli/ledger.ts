import type { LeakReport } from "../core/leak-report.ts"

/** Everything that the logs say of one finding: records of all processes, files and releases that share its fingerprint. */
export interface LedgerEntry extends Pick<
  LeakReport,
  "what" | "fingerprint" | "orm" | "owner" | "relation" | "child" | "column"
> {
  /** As the latest record has them. */
  readonly place: { readonly file: string; readonly line: number; readonly function: string | undefined } | undefined
  readonly fix: string | undefined
  /** Why row security did not hold, as its latest record has it; set for `"rls-not-held"` alone. */
  readonly cause?: string
  readonly explanation?: string
  /** Exact sums over all records. */
  readonly events: number
  readonly loaded: number
  readonly rows: number
  /** Rows that were fetched in vain. */
  readonly dropped: number
  /** The largest of one load. */
  readonly maxDropped: number
  /** ISO 8601 times. */
  readonly firstSeen: string
  readonly lastSeen: string
  /** Sorted, each once. */
  readonly releases: readonly string[]
  readonly routes: readonly string[]
  /** Events per hour, by the hour's ISO 8601 time (`2026-11-22T20:00:00.000Z`), in order. */
  readonly hours: readonly (readonly [hour: string, events: number])[]
}

/** What `tenant-failsafe leaks` read. */
export interface Ledger {
  /** Most events first; equal ones by fingerprint and `what`. */
  readonly entries: readonly LedgerEntry[]
  /** What the processes did not tell apart, or more fingerprints than the ledger keeps: counts alone. */
  readonly overflow: { readonly events: number; readonly rows: number; readonly dropped: number }
  readonly input: {
    readonly files: number
    readonly bytes: number
    readonly lines: number
    readonly records: number
    /** Lines that name the event and are no record: cut off, or not as this version writes them. */
    readonly unreadable: number
  }
}
