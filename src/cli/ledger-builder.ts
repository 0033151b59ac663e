import type { LeakRecord } from "../core/leak-report.ts"
import { FindingDraft, sum } from "./finding-draft.ts"
import type { Ledger, LedgerEntry } from "./ledger.ts"

/** More are counted without being told apart: a hostile log must not fill the memory. */
const maxEntries = 10_000
/** Beyond that many they are sorted, which is to happen seldom. */
const slack = 2_500

/**
 * Adds records up to a ledger, in whatever order they come. Of too many findings, those with the least fingerprints stay: which ones these
 * are is known at the end only, so one that is taken out brings its counts to the overflow, and stays out.
 */
export class LedgerBuilder {
  #drafts = new Map<string, FindingDraft>()
  /** From here on, findings are not told apart. */
  #bound: string | undefined
  readonly #overflow = { events: 0, rows: 0, dropped: 0 }

  add(record: LeakRecord): void {
    if (record.event === "tenant_leak_overflow") {
      this.#addOverflow(record)
      return
    }
    const key = `${record.fingerprint} ${record.what}`
    if (this.#bound !== undefined && key >= this.#bound) {
      this.#addOverflow(record)
      return
    }
    const draft = this.#drafts.get(key)
    if (draft !== undefined) {
      draft.add(record)
      return
    }
    this.#drafts.set(key, new FindingDraft(record))
    if (this.#drafts.size >= maxEntries + slack) this.#takeOut()
  }

  build(input: Ledger["input"]): Ledger {
    this.#takeOut()
    const entries = [...this.#drafts.values()].map((draft) => draft.entry())
    return { entries: entries.toSorted(byEvents), overflow: { ...this.#overflow }, input }
  }

  #takeOut(): void {
    if (this.#drafts.size <= maxEntries) return
    const sorted = [...this.#drafts].toSorted(([one], [other]) => order(one, other))
    this.#bound = sorted[maxEntries]![0]
    for (const [, draft] of sorted.slice(maxEntries)) this.#addOverflow(draft.counts)
    this.#drafts = new Map(sorted.slice(0, maxEntries))
  }

  #addOverflow({ events, rows, dropped }: Pick<LeakRecord, "events" | "rows" | "dropped">): void {
    this.#overflow.events = sum(this.#overflow.events, events)
    this.#overflow.rows = sum(this.#overflow.rows, rows)
    this.#overflow.dropped = sum(this.#overflow.dropped, dropped)
  }
}

function byEvents(one: LedgerEntry, other: LedgerEntry): number {
  return other.events - one.events || order(one.fingerprint, other.fingerprint) || order(one.what, other.what)
}

function order(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}
