import type { LedgerEntry } from "../ledger.ts"
import { markup, name, visible, type Html } from "./escape.ts"
import { count, counted } from "./format.ts"
import { relationName, rowsLeft, sumOf } from "./names.ts"

interface Bar {
  readonly relation: string
  readonly dropped: number
  readonly left: number
}

const shown = 10

/** The relations with the most rows, those fetched in vain beside those left in place; each name is a link that filters the table. */
export function bars(entries: readonly LedgerEntry[]): Html {
  const relations = relationsOf(entries)
  const most = Math.max(1, relations[0] === undefined ? 1 : total(relations[0]))
  const rest = relations.slice(shown)
  const more =
    rest.length === 0
      ? ""
      : markup`<p class="note">
          ${counted(rest.length, "more relation")} with ${counted(sumOf(rest, total), "row")}: in the table.
        </p>`
  const legend = relations.some((bar) => bar.left > 0)
    ? markup`<p class="legend">
        <span class="key contained">fetched in vain</span> <span class="key exposed">left in place</span>
      </p>`
    : ""
  return markup`<section class="panel" aria-labelledby="relations-heading">
    <h2 id="relations-heading">Rows fetched in vain, by relation</h2>
    ${legend}
    <ul class="bars">
      ${relations.slice(0, shown).map((bar) => item(bar, most))}
    </ul>
    ${more}
  </section>`
}

function relationsOf(entries: readonly LedgerEntry[]): Bar[] {
  const groups = Map.groupBy(entries, relationName)
  return [...groups]
    .map(([relation, group]) => ({
      relation,
      dropped: sumOf(group, (entry) => entry.dropped),
      left: sumOf(group, rowsLeft),
    }))
    .toSorted((a, b) => total(b) - total(a))
}

function total(bar: Bar): number {
  return bar.dropped + bar.left
}

function item({ relation, dropped, left }: Bar, most: number): Html {
  const share = (rows: number): string => `${((rows / most) * 100).toFixed(2)}%`
  const also = left > 0 ? markup` <span class="left">+ ${count(left)}<span class="sr"> left in place</span></span>` : ""
  return markup`<li>
    <a href="#q=${encodeURIComponent(visible(relation))}">${name(relation)}</a>
    <svg aria-hidden="true">
      <rect class="bar" width="${share(dropped)}" height="100%" />
      <rect class="bar exposed" x="${share(dropped)}" width="${share(left)}" height="100%" />
    </svg>
    <span class="number">${count(dropped)}${also}</span>
  </li> `
}
