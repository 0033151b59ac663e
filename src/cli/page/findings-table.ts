import type { LedgerEntry } from "../ledger.ts"
import { markup, type Html } from "./escape.ts"
import { count } from "./format.ts"
import { columns, findingRows, type Column } from "./finding-rows.ts"
import { meaningOf } from "./kinds.ts"

/**
 * All findings, in the order of the ledger. The script finds its way by the `data-` attributes, turns the heads into buttons and
 * shows the tools; without it the table is complete, and in this order.
 */
export function findingsTable(entries: readonly LedgerEntry[]): Html {
  return markup`<section id="findings" aria-labelledby="findings-heading">
    <h2 id="findings-heading">Findings</h2>
    <div class="tools" data-tools hidden>
      <label class="search">
        Filter
        <input type="search" data-search autocomplete="off" spellcheck="false" placeholder="relation, file, route …" />
      </label>
      <div class="chips" role="group" aria-label="Show only">${kinds(entries)}</div>
      <label class="fixes"><input type="checkbox" data-fixes checked /> Explanations and fixes</label>
      <p role="status" data-status></p>
    </div>
    <table role="table" aria-labelledby="findings-heading" data-findings>
      <thead role="rowgroup">
        <tr role="row">
          ${columns.map(head)}
        </tr>
      </thead>
      ${entries.map(findingRows)}
    </table>
  </section>`
}

function kinds(entries: readonly LedgerEntry[]): Html[] {
  const groups = [...Map.groupBy(entries, (entry) => entry.what)].toSorted(([, a], [, b]) => b.length - a.length)
  return groups.map(
    ([what, group]) =>
      markup`<button type="button" class="chip ${meaningOf(what).severity}" data-kind="${what}" aria-pressed="false">
        ${what} <span class="number">${count(group.length)}</span>
      </button>`,
  )
}

function head({ key, title, isNumeric }: Column): Html {
  // The ledger has most events first.
  const sort = key === "events" ? "descending" : "none"
  return markup`<th role="columnheader" scope="col" class="${isNumeric ? "n" : ""}" data-key="${key}" aria-sort="${sort}">
    ${title}
  </th>`
}
