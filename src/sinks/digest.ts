import type { LeakReport } from "../core/leak-report.ts"
import type { LeakOverflow, LeakRecord } from "../core/leak-report.ts"

/** How much of a flood is told apart. */
export interface Caps {
  /** Findings that are counted one by one; those beyond them go into the overflow record. */
  readonly fingerprints: number
  /** First occurrences that are written at once between two summaries; those beyond them wait for the summary. */
  readonly firsts: number
}

interface Entry {
  /** The latest report: where and what. */
  latest: LeakReport
  isKnown: boolean
  readonly since: Counts
}

interface Counts {
  events: number
  loaded: number
  rows: number
  dropped: number
  maxDropped: number
  firstSeen: string
  lastSeen: string
}

/**
 * Counts detections exactly and passes few of them on: the first of each finding at once, what came after it as one summary. The counts
 * of all records of a finding add up to what was detected.
 */
export class Digest {
  readonly #caps: Caps
  readonly #entries = new Map<string, Entry>()
  #overflow: Counts | undefined
  #firsts = 0

  constructor(caps: Caps) {
    this.#caps = caps
  }

  /** Takes a detection; returns the record that is to be written now, if any. */
  add(report: LeakReport): LeakReport | undefined {
    const key = `${report.what} ${report.fingerprint}`
    const entry = this.#entries.get(key)
    if (entry !== undefined) {
      count(entry.since, report)
      entry.latest = report
      return undefined
    }
    if (this.#entries.size >= this.#caps.fingerprints) {
      count((this.#overflow ??= nothing()), report)
      return undefined
    }
    const isAtOnce = this.#firsts < this.#caps.firsts
    const since = nothing()
    this.#entries.set(key, { latest: report, isKnown: isAtOnce, since })
    if (!isAtOnce) {
      count(since, report)
      return undefined
    }
    this.#firsts++
    return report
  }

  /** What was detected since the last summary and is not written yet. */
  summarise(): LeakRecord[] {
    this.#firsts = 0
    const records: LeakRecord[] = []
    for (const entry of this.#entries.values()) {
      if (entry.since.events === 0) continue
      records.push(Object.freeze({ ...entry.latest, kind: entry.isKnown ? "summary" : "first", ...entry.since }))
      entry.isKnown = true
      Object.assign(entry.since, nothing())
    }
    if (this.#overflow !== undefined) records.push(overflowRecord(this.#overflow))
    this.#overflow = undefined
    return records
  }
}

function nothing(): Counts {
  return { events: 0, loaded: 0, rows: 0, dropped: 0, maxDropped: 0, firstSeen: "", lastSeen: "" }
}

function count(counts: Counts, report: LeakReport): void {
  if (counts.events === 0) counts.firstSeen = report.firstSeen
  counts.events += report.events
  counts.loaded += report.loaded
  counts.rows += report.rows
  counts.dropped += report.dropped
  counts.maxDropped = Math.max(counts.maxDropped, report.maxDropped)
  counts.lastSeen = report.lastSeen
}

function overflowRecord({ events, rows, dropped, firstSeen, lastSeen }: Counts): LeakOverflow {
  return Object.freeze({ event: "tenant_leak_overflow", v: 1, events, rows, dropped, firstSeen, lastSeen })
}
