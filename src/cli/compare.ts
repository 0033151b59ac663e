import { knownFrom, nameOf, type KnownLeak } from "./baseline.ts"
import type { LeaksOptions } from "./leaks-options.ts"
import type { Ledger, LedgerEntry } from "./ledger.ts"

/** How a ledger compares with a baseline. */
export interface Comparison {
  /** Without a baseline every leak is new, and it is not worth telling. */
  readonly hasBaseline: boolean
  readonly isNew: (entry: LedgerEntry) => boolean
  /** Known leaks that are no longer seen. */
  readonly fixed: readonly KnownLeak[]
}

/** What is new in a ledger, and what is gone. `what` are the kinds that were read: of the others, nothing is known. */
export function compare(ledger: Ledger, known: readonly KnownLeak[] | undefined, what?: readonly string[]): Comparison {
  if (known === undefined) return { hasBaseline: false, isNew: () => true, fixed: [] }
  const names = new Set(known.map(nameOf))
  const seen = new Set(ledger.entries.map(nameOf))
  const isGone = (leak: KnownLeak): boolean =>
    !seen.has(nameOf(leak)) && (what === undefined || what.includes(leak.what))
  return {
    hasBaseline: true,
    isNew: (entry) => !names.has(nameOf(entry)),
    // What was not told apart may be any of them.
    fixed: ledger.overflow.events > 0 ? [] : known.filter(isGone),
  }
}

/** The known leaks with the ledger's, and without those that are gone, as the options say. */
export function updated(
  ledger: Ledger,
  known: readonly KnownLeak[],
  { isNew, fixed }: Comparison,
  { updatesBaseline, prunes }: Pick<LeaksOptions, "updatesBaseline" | "prunes">,
): KnownLeak[] {
  const gone = new Set(prunes ? fixed : [])
  const added = updatesBaseline ? ledger.entries.filter(isNew).map(knownFrom) : []
  return [...known.filter((leak) => !gone.has(leak)), ...added]
}
