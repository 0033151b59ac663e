import { styleText } from "node:util"
import Table from "cli-table3"
import type { Comparison } from "./compare.ts"
import type { Ledger, LedgerEntry } from "./ledger.ts"
import {
  causeOf,
  happened,
  isError,
  minuteOf,
  notToldApart,
  number,
  placeOf,
  subjectOf,
  total,
  wasRead,
  type Output,
} from "./output.ts"
import { textWidth, wrapped } from "./text-width.ts"

type Paint = (format: Parameters<typeof styleText>[0], text: string) => string

/** For people at a terminal: each leak with its counts, then what is known of it, then the code that closes it. */
export const tableReport: Output = (ledger, comparison, { color, columns }) => {
  const paint: Paint = (format, text) => (color ? styleText(format, text, { validateStream: false }) : text)
  const parts = ledger.entries.length === 0 ? [] : findings(ledger.entries, comparison, columns, paint)
  const rest = notToldApart(ledger)
  if (rest !== undefined) parts.push(painted("yellow", wrapped(rest, columns), paint))
  if (comparison.fixed.length > 0) parts.push(fixedSince(comparison, columns, paint))
  parts.push(summary(ledger, comparison, columns, paint))
  return `${parts.join("\n\n")}\n`
}

const heads = ["Leak", "What", "Rows", "In vain", "Loads"]

function findings(entries: readonly LedgerEntry[], comparison: Comparison, columns: number, paint: Paint): string[] {
  const widths = widthsFor(entries, columns)
  const head = rowOf(
    heads.map((title) => [paint("underline", title)]),
    widths,
  )
  const blocks = entries.map((entry) => {
    const numbers = [entry.rows, entry.dropped, entry.events].map((value) => [number(value)])
    const subject = wrapped(subjectOf(entry), widths[0]!).map((line) => paint("bold", line))
    const parts = [
      rowOf([subject, [isError(entry) ? paint("red", entry.what) : entry.what], ...numbers], widths),
      detailsOf(entry, comparison, columns, paint),
    ]
    return [...parts, ...fixOf(entry, paint)].join("\n")
  })
  return [head, ...blocks]
}

function detailsOf(entry: LedgerEntry, { hasBaseline, isNew }: Comparison, columns: number, paint: Paint): string {
  const lines = [
    happened(entry.what),
    ...[causeOf(entry)].filter((line) => line !== undefined),
    placeOf(entry),
    `${minuteOf(entry.firstSeen)} to ${minuteOf(entry.lastSeen)}`,
    ...(entry.routes.length === 0 ? [] : [`routes ${listed(entry.routes)}`]),
    ...(entry.releases.length === 0 ? [] : [`releases ${listed(entry.releases)}`]),
  ].flatMap((line) => wrapped(line, columns - 2))
  const mark = isNew(entry) ? paint("yellow", "new") : paint("dim", "known")
  lines.push(`${entry.fingerprint}${hasBaseline ? ` ${mark}` : ""}`)
  return lines.map((line) => `  ${line}`).join("\n")
}

/** Its lines stay as they are, however long: it is there to be copied. */
function fixOf({ fix }: LedgerEntry, paint: Paint): string[] {
  if (fix === undefined) return []
  return ["", ...fix.split("\n").map((line) => (line === "" ? "" : paint("cyan", `    ${line}`)))]
}

function listed(values: readonly string[]): string {
  const shown = values.slice(0, 5).join(", ")
  return values.length > 5 ? `${shown} and ${values.length - 5} more` : shown
}

function fixedSince({ fixed }: Comparison, columns: number, paint: Paint): string {
  const lines = fixed.flatMap(({ relation, what, place, fingerprint }) =>
    wrapped([relation, what, place, fingerprint].filter((part) => part !== null).join("  "), columns - 2),
  )
  return [paint("green", "Fixed since:"), ...lines.map((line) => `  ${line}`)].join("\n")
}

function summary(ledger: Ledger, comparison: Comparison, columns: number, paint: Paint): string {
  const found = total(ledger, comparison)
  const lines = wrapped(`${found} ${wasRead(ledger)}`, columns)
  // The first sentence fits into every line.
  const first = lines[0]!.slice(found.length)
  return [
    `${paint(ledger.entries.length + ledger.overflow.events === 0 ? "green" : "bold", found)}${first}`,
    ...lines.slice(1),
  ].join("\n")
}

function painted(format: Parameters<Paint>[0], lines: readonly string[], paint: Paint): string {
  return lines.map((line) => paint(format, line)).join("\n")
}

const gap = 2

/** Numbers and kinds are never cut off; names have what they leave. */
function widthsFor(entries: readonly LedgerEntry[], columns: number): number[] {
  const values = entries.map((entry) => [entry.what, ...[entry.rows, entry.dropped, entry.events].map(number)])
  const others = heads.slice(1).map((title, index) => widest([title, ...values.map((row) => row[index]!)]))
  const free = columns - others.reduce((sum, width) => sum + width + gap, 0)
  return [Math.min(widest([heads[0]!, ...entries.map(subjectOf)]), Math.max(free, 12)), ...others]
}

function widest(texts: readonly string[]): number {
  return texts.reduce((width, text) => Math.max(width, textWidth(text)), 0)
}

/** Without lines around it, so that it may be copied. */
function rowOf(cells: readonly (readonly string[])[], widths: readonly number[]): string {
  const table = new Table({
    chars: noLines,
    style: { head: [], border: [], "padding-left": 0, "padding-right": gap },
    colWidths: widths.map((width) => width + gap),
    colAligns: ["left", "left", "right", "right", "right"],
  })
  table.push(cells.map((lines) => lines.join("\n")))
  const lines = table.toString().split("\n")
  return lines.map((line) => line.trimEnd()).join("\n")
}

const sides = ["top", "bottom", "left", "right"].flatMap((side) => [
  side,
  `${side}-mid`,
  `${side}-left`,
  `${side}-right`,
])
const noLines = Object.fromEntries([...sides, "mid", "mid-mid", "middle"].map((name) => [name, ""]))
