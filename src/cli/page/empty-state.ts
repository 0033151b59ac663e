import type { Ledger } from "../ledger.ts"
import { markup, type Html } from "./escape.ts"
import { inputOf } from "./summary.ts"

/** What stands in place of the table when there is no finding: no more comfort than what was read allows. */
export function emptyState(ledger: Ledger): Html {
  return markup`<section class="panel empty">
    <h2>0 leaks</h2>
    <p>${verdict(ledger)}</p>
    <p>Read: ${inputOf(ledger)}.</p>
  </section>`
}

function verdict(ledger: Ledger): string {
  const { input, overflow } = ledger
  if (input.lines === 0) return "Nothing was read, so nothing is known. Were these the right files?"
  if (overflow.events > 0) return "No finding can be named, yet events were counted: see above."
  if (input.unreadable > 0) return "No readable record, yet some lines name a leak: see above. This is no clean bill."
  return "None in what was read. Code that did not run in this time, and processes that log elsewhere, are not covered by it."
}
