import type { Ledger, LedgerEntry } from "../ledger.ts"
import { markup, type Html } from "./escape.ts"
import { count, counted, epochOf, minuteOf, size } from "./format.ts"
import { relationName, rowsLeft, sumOf } from "./names.ts"

/** The head of the page: totals, period, and what was read, with what is missing from the totals said aloud. */
export function summary(ledger: Ledger, now: Date): Html {
  return markup`<header class="top">
      <div>
        <h1>Tenant leaks</h1>
        <p class="period">${period(ledger.entries)}written ${minuteOf(now.getTime())} UTC</p>
      </div>
      <button type="button" data-theme-toggle hidden>Dark theme</button>
    </header>
    ${totals(ledger)}${unreadable(ledger)}${overflow(ledger)}`
}

/** `3 files, 57.2 MB, 400,000 lines, 812 records`. */
export function inputOf({ input }: Ledger): string {
  const { files, bytes, lines, records } = input
  return [counted(files, "file"), size(bytes), counted(lines, "line"), counted(records, "record")].join(", ")
}

function period(entries: readonly LedgerEntry[]): string {
  const times = entries.flatMap((entry) => [epochOf(entry.firstSeen), epochOf(entry.lastSeen)])
  const known = times.filter((time) => time !== undefined)
  if (known.length === 0) return ""
  const first = known.reduce((a, b) => Math.min(a, b))
  const last = known.reduce((a, b) => Math.max(a, b))
  return `${minuteOf(first)} to ${minuteOf(last)} UTC, `
}

function totals(ledger: Ledger): Html | string {
  const { entries } = ledger
  if (entries.length === 0) return ""
  const relations = new Set(entries.map(relationName)).size
  const left = sumOf(entries, rowsLeft)
  const all = [
    total("Findings", entries.length, `in ${counted(relations, "relation")}`),
    total(
      "Events",
      sumOf(entries, (entry) => entry.events),
      "loads in which something was found",
    ),
    total(
      "Rows fetched in vain",
      sumOf(entries, (entry) => entry.dropped),
      "read, then taken out before your code saw them",
    ),
    total("Rows left in place", left, "reported, and not taken out", left > 0 ? "exposed" : ""),
  ]
  return markup`<dl class="totals">${all}</dl>
    <p class="read">Read: ${inputOf(ledger)}.</p>
    `
}

function total(name: string, value: number, remark: string, severity = ""): Html {
  return markup`<div class="${severity}">
    <dt>${name}</dt>
    <dd><span class="figure">${count(value)}</span> <span class="remark">${remark}</span></dd>
  </div> `
}

function unreadable({ input }: Ledger): Html | string {
  if (input.unreadable === 0) return ""
  const verb = input.unreadable === 1 ? "names" : "name"
  return markup`<p class="warning">
    ${counted(input.unreadable, "line")} ${verb} a leak and could not be read: cut off, or written by another version.
    What they say is missing here.
  </p> `
}

function overflow({ entries, overflow: { events, rows, dropped } }: Ledger): Html | string {
  if (events === 0) return ""
  return markup`<p class="warning">
    ${entries.length === 0 ? "" : "On top of these numbers, "}${counted(events, "event")} with ${counted(rows, "row")} (${count(dropped)} fetched in
    vain) were counted without their place: there were more findings than are told apart.
  </p> `
}
