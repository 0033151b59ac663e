import type { Comparison } from "./compare.ts"
import type { LedgerEntry } from "./ledger.ts"
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

const head = ["Relation", "What", "Rows", "In vain", "Loads", "First seen", "Last seen", "Place"]
const alignments = ["---", "---", "---:", "---:", "---:", "---", "---", "---"]
const moreHead = ["Routes", "Releases", "Fingerprint"]

/** For a pull request or an issue. */
export const markdownReport: Output = (ledger, comparison) => {
  const { entries } = ledger
  const parts = entries.length === 0 ? [] : [tableOf(entries, comparison)]
  for (const entry of entries) if (entry.fix !== undefined) parts.push(fixOf(entry, entry.fix))
  const rest = notToldApart(ledger)
  if (rest !== undefined) parts.push(rest)
  const gone = comparison.fixed.map(
    ({ relation, what, fingerprint }) => `- ${code(relation)} ${code(what)} ${fingerprint}`,
  )
  if (gone.length > 0) parts.push(["Fixed since:", "", ...gone].join("\n"))
  parts.push(`**${total(ledger, comparison)}** ${wasRead(ledger)}`)
  return `${parts.join("\n\n")}\n`
}

function tableOf(entries: readonly LedgerEntry[], { hasBaseline, isNew }: Comparison): string {
  const rows = entries.map((entry) => [...(hasBaseline ? [isNew(entry) ? "new" : "known"] : []), ...cellsOf(entry)])
  const first = hasBaseline ? ["New?"] : []
  const heads = [...first, ...head, ...moreHead]
  const rule = [...first.map(() => "---"), ...alignments, ...moreHead.map(() => "---")]
  return [heads, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")
}

function cellsOf(entry: LedgerEntry): string[] {
  return [
    code(subjectOf(entry)),
    [
      `${code(entry.what)} ${happened(entry.what)}`,
      ...[causeOf(entry)].flatMap((text) => (text === undefined ? [] : code(text))),
    ].join("<br>"),
    number(entry.rows),
    number(entry.dropped),
    number(entry.events),
    minuteOf(entry.firstSeen),
    minuteOf(entry.lastSeen),
    code(placeOf(entry)),
    entry.routes.map(code).join(", "),
    entry.releases.map(code).join(", "),
    code(entry.fingerprint),
  ]
}

function fixOf(entry: LedgerEntry, fix: string): string {
  const longest = Math.max(2, ...[...fix.matchAll(/`+/g)].map(([ticks]) => ticks.length))
  const fence = "`".repeat(longest + 1)
  const language = isError(entry) ? "sql" : "ts"
  return [`${code(subjectOf(entry))} at ${code(placeOf(entry))}:`, "", `${fence}${language}`, fix, fence].join("\n")
}

/**
 * Nothing in a name is markup or ends the cell, since an entity never does; and within `code`, GitHub notifies nobody and links nothing
 * when it meets an `@` or a `#`.
 */
function code(text: string): string {
  const escaped = text.replace(/[^\p{L}\p{N}\p{M} /.\-\uFFFD]/gu, (character) => `&#${character.codePointAt(0)!};`)
  return `<code>${escaped.replace(/www\./gi, (www) => `${www.slice(0, 3)}&#46;`)}</code>`
}
