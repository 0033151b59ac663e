import { findCallSite, type Origin } from "./call-site.ts"
import { publishLeak, type LeakObserver } from "./leak-channel.ts"
import { fixOf } from "./findings.ts"
import { remembered } from "./remembered.ts"
import type { RowSecurityWatch } from "./row-security-watch.ts"
import { currentContext } from "./scope.ts"
import type { FixInput } from "./suggested-fix.ts"
import { leakReport, type Finding, type LeakReport, type Tally } from "./leak-report.ts"

/** What was found in one owner's collection: the rows themselves while the load lasts, so that none counts twice. */
interface CollectionEntry {
  loaded: number
  readonly rows: Set<object>
  readonly isDropped: boolean
  readonly strategy: string | undefined
}

/** Collects the findings of one load, so that a relation yields one record however many parents were loaded. */
export class LeakLog {
  /** By finding; of writes, each operation counts for itself. */
  readonly #counts = new Map<Finding, (Tally & { dropped: number })[]>()
  /** By finding, then by the owner of the collection. */
  readonly #collections = new Map<Finding, Map<object, CollectionEntry>>()
  /** Where the load began. */
  readonly origin: Origin | undefined
  /** Where what a load outside any scope goes through was last used inside one. */
  readonly lastScoped: Origin | undefined
  /** What the application called; a suggested fix is of that form. */
  call: FixInput["call"]
  #operations = 0

  constructor(origin?: Origin, lastScoped?: Origin) {
    this.origin = origin
    this.lastScoped = lastScoped
  }

  /** Adds counts to a finding. Adapters pass the same `Finding` object for the same relation: it is the key. */
  note(finding: Finding, tally: Tally, dropped = 0): void {
    const entries = remembered(this.#counts, finding, () => [])
    const entry = entries.find(({ strategy }) => finding.what !== "write" || strategy === tally.strategy)
    if (entry === undefined) {
      entries.push({ ...tally, dropped })
      return
    }
    entry.loaded += tally.loaded
    entry.rows += tally.rows
    entry.dropped += dropped
  }

  /**
   * Notes rows of an owner's collection, of which `loaded` rows were examined. A row that is noted again, because it arrived on a second
   * way within the load, counts once.
   */
  noteRows(
    finding: Finding,
    owner: object,
    rows: readonly object[],
    loaded: number,
    isDropped: boolean,
    strategy?: string,
  ): void {
    const owners = this.#collections.get(finding) ?? new Map<object, CollectionEntry>()
    this.#collections.set(finding, owners)
    const entry = owners.get(owner) ?? { loaded, rows: new Set(), isDropped, strategy }
    owners.set(owner, entry)
    for (const row of rows) entry.rows.add(row)
    entry.loaded = Math.max(entry.loaded, loaded, entry.rows.size)
  }

  get isEmpty(): boolean {
    return this.#counts.size === 0 && this.#collections.size === 0
  }

  /** An operation of the load begins: one that nobody awaits may end after the one in which it began. */
  begin(): void {
    this.#operations++
  }

  /** An operation ended. */
  end(): void {
    this.#operations--
  }

  /** Whether every operation ended: what begins in this context now is a load of its own, for nobody would publish this log again. */
  get isOver(): boolean {
    return this.#operations === 0
  }

  /**
   * Publishes one record per finding, empties the log, and returns the records. `rowSecurity` is told where it is declared active: it was to
   * keep foreign rows back.
   */
  publish(observers: readonly LeakObserver[], rowSecurity?: RowSecurityWatch): readonly LeakReport[] {
    if (this.isEmpty) return []
    for (const [finding, owners] of this.#collections) {
      for (const { loaded, rows, isDropped, strategy } of owners.values()) {
        this.note(finding, { loaded, rows: rows.size, strategy }, isDropped ? rows.size : 0)
      }
    }
    this.#collections.clear()
    const site = findCallSite(this.origin)
    const route = currentContext()?.route?.()
    const now = new Date()
    const counts = [...this.#counts].flatMap(([finding, entries]) => entries.map((entry) => [finding, entry] as const))
    const reports = counts.map(([finding, { dropped, ...tally }]) =>
      leakReport(finding, tally, dropped, site, now, { route, fix: fixOf(finding, tally.strategy, this.call) }),
    )
    this.#counts.clear()
    for (const report of reports) publishLeak(report, observers)
    if (rowSecurity !== undefined) for (const report of reports) rowSecurity.saw(report, observers)
    return reports
  }
}
