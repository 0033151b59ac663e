import type { LeakReport } from "../core/leak-report.ts"
import { Hours } from "./hours.ts"
import { LatestValues } from "./latest-values.ts"
import type { LedgerEntry } from "./ledger.ts"

const maxValues = 100

/** What the records of one finding add up to, in whatever order they come. */
export class FindingDraft {
  readonly counts = { events: 0, loaded: 0, rows: 0, dropped: 0, maxDropped: 0 }
  readonly #releases = new LatestValues(maxValues)
  readonly #routes = new LatestValues(maxValues)
  readonly #hours = new Hours()
  #latest: LeakReport
  #latestFix: LeakReport | undefined
  #firstSeen: string
  #lastSeen: string

  constructor(record: LeakReport) {
    this.#latest = record
    this.#firstSeen = record.firstSeen
    this.#lastSeen = record.lastSeen
    this.add(record)
  }

  add(record: LeakReport): void {
    if (isLater(record, this.#latest)) this.#latest = record
    if (record.fix !== undefined && (this.#latestFix === undefined || isLater(record, this.#latestFix))) {
      this.#latestFix = record
    }
    for (const name of ["events", "loaded", "rows", "dropped"] as const) {
      this.counts[name] = sum(this.counts[name], record[name])
    }
    this.counts.maxDropped = Math.max(this.counts.maxDropped, record.maxDropped)
    if (record.firstSeen < this.#firstSeen) this.#firstSeen = record.firstSeen
    if (record.lastSeen > this.#lastSeen) this.#lastSeen = record.lastSeen
    if (record.release !== undefined) this.#releases.add(record.release, record.lastSeen)
    if (record.route !== undefined) this.#routes.add(record.route, record.lastSeen)
    this.#hours.add(record.lastSeen, record.events)
  }

  entry(): LedgerEntry {
    const { what, fingerprint, orm, owner, relation, child, column, cause, explanation } = this.#latest
    const identity = { what, fingerprint, orm, owner, relation, child, column }
    return {
      ...identity,
      place: placeOf(this.#latest),
      fix: this.#latestFix?.fix,
      ...(cause === undefined ? {} : { cause }),
      ...(explanation === undefined ? {} : { explanation }),
      ...this.counts,
      firstSeen: this.#firstSeen,
      lastSeen: this.#lastSeen,
      releases: this.#releases.values(),
      routes: this.#routes.values(),
      hours: this.#hours.inOrder(),
    }
  }
}

/** Adds counts exactly, as far as numbers are exact, and stays there. */
export function sum(one: number, other: number): number {
  return Math.min(one + other, Number.MAX_SAFE_INTEGER)
}

/** Of two records of one moment, the same one is the later whichever came first. */
function isLater(record: LeakReport, other: LeakReport): boolean {
  if (record.lastSeen !== other.lastSeen) return record.lastSeen > other.lastSeen
  return JSON.stringify(record) > JSON.stringify(other)
}

function placeOf(record: LeakReport): LedgerEntry["place"] {
  const file = record["code.file.path"]
  const line = record["code.line.number"]
  return file === undefined || line === undefined ? undefined : { file, line, function: record["code.function.name"] }
}
