import type { LedgerEntry } from "../ledger.ts"
import { code, markup, name, type Html } from "./escape.ts"
import { count, counted, epochOf, moment } from "./format.ts"
import { meaningOf } from "./kinds.ts"
import { relationName, rowsLeft } from "./names.ts"

/** A column of the table: how it is headed, and whether its cells are numbers or times, which sort by `data-n`. */
export interface Column {
  readonly key: string
  readonly title: string
  readonly isNumeric: boolean
}

/** The columns in the order of a row's cells. */
export const columns: readonly Column[] = [
  { key: "relation", title: "Relation", isNumeric: false },
  { key: "what", title: "What", isNumeric: false },
  { key: "place", title: "Place", isNumeric: false },
  { key: "events", title: "Events", isNumeric: true },
  { key: "rows", title: "Rows in vain", isNumeric: true },
  { key: "first", title: "First seen", isNumeric: true },
  { key: "last", title: "Last seen", isNumeric: true },
  { key: "releases", title: "Releases", isNumeric: false },
  { key: "routes", title: "Routes", isNumeric: false },
  { key: "fingerprint", title: "Fingerprint", isNumeric: false },
]

/** One finding: a row of facts, and a row that says what it means and what to change. */
export function findingRows(entry: LedgerEntry, index: number): Html {
  const { severity, meaning } = meaningOf(entry.what)
  const cells = [
    textCell(
      markup`${name(relationName(entry), "main")}
        <span class="sub">${name(entry.child)}.${name(entry.column)}</span>${name(entry.orm, "sub")}`,
    ),
    textCell(markup`<span class="what ${severity}">${entry.what}</span>`),
    placeCell(entry),
    numberCell(entry.events, markup`${count(entry.events)}`),
    numberCell(entry.dropped, markup`${count(entry.dropped)}${rowsRemark(entry)}`),
    numberCell(epochOf(entry.firstSeen), moment(entry.firstSeen)),
    numberCell(epochOf(entry.lastSeen), moment(entry.lastSeen)),
    listCell(entry.releases),
    listCell(entry.routes),
    textCell(markup`${name(entry.fingerprint, "mono small")}`),
  ]
  return markup`<tbody role="rowgroup" data-finding data-what="${entry.what}">
    <tr role="row">
      ${cells.map((cell, column) => markup`<td role="cell" data-label="${columns[column]?.title}" ${cell.attribute}>${cell.content}</td>`)}
    </tr>
    <tr role="row" class="change">
      <td role="cell" colspan="${columns.length}">
        <div class="change-inside">
          <p>${meaning}</p>
          ${explanation(entry)}
          ${fix(entry.fix, index)}
        </div>
      </td>
    </tr>
  </tbody> `
}

interface Cell {
  readonly attribute: Html
  readonly content: Html
}

function textCell(content: Html): Cell {
  return { attribute: markup``, content }
}

function none(word: string): Cell {
  return { attribute: markup`data-none`, content: markup`<span class="sub">${word}</span>` }
}

function numberCell(value: number | undefined, content: Html): Cell {
  return { attribute: value === undefined ? markup`data-none` : markup`class="n" data-n="${value}"`, content }
}

function placeCell({ place }: LedgerEntry): Cell {
  if (place === undefined) return none("not known")
  const inside = place.function === undefined ? "" : name(place.function, "sub")
  return textCell(markup`<span class="mono">${name(place.file)}:${place.line}</span>${inside}`)
}

function rowsRemark(entry: LedgerEntry): Html {
  const left = rowsLeft(entry)
  const remark = left > 0 ? markup`<span class="left">+ ${count(left)} left in place</span>` : ""
  const most = entry.maxDropped > 0 ? `, at most ${count(entry.maxDropped)} at once` : ""
  return markup`<span class="sub">of ${count(entry.loaded)} loaded${most}</span>${remark}`
}

const shown = 3

function listCell(names: readonly string[]): Cell {
  if (names.length === 0) return none("none")
  const rest = names.slice(shown)
  const more =
    rest.length === 0
      ? ""
      : markup`<details>
          <summary>${counted(rest.length, "more", "more")}</summary>
          <ul>
            ${rest.map(item)}
          </ul>
        </details>`
  return textCell(
    markup`<ul>
        ${names.slice(0, shown).map(item)}
      </ul>
      ${more}`,
  )
}

function item(text: string): Html {
  return markup`<li>${name(text)}</li>`
}

function explanation(entry: LedgerEntry): Html {
  const text = [entry.cause, entry.explanation].filter((part) => part !== undefined).join(": ")
  return text === "" ? markup`` : markup`<p><bdi>${text}</bdi></p>`
}

function fix(source: string | undefined, index: number): Html {
  if (source === undefined) return markup``
  return markup`<div class="fix">
    <pre tabindex="0" role="region" aria-label="Suggested fix ${index + 1}"><code>${code(source)}</code></pre>
    <button type="button" data-copy hidden>Copy</button>
  </div>`
}
