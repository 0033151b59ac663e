import type { LeakKind } from "../core/leak-report.ts"
import type { Comparison } from "./compare.ts"
import type { Ledger, LedgerEntry } from "./ledger.ts"

/** How a report may look. */
export interface OutputStyle {
  readonly color: boolean
  /** Characters in a line. */
  readonly columns: number
}

/** Writes a ledger as text. */
export type Output = (ledger: Ledger, comparison: Comparison, style: OutputStyle) => string

/** `Customer.addresses`, or the entity for rows found at top level. */
export function subjectOf({ owner, relation, child }: Pick<LedgerEntry, "owner" | "relation" | "child">): string {
  return relation === null ? child : `${owner}.${relation}`
}

/** `src/customers.ts:12 in listCustomers`. */
export function placeOf({ place }: Pick<LedgerEntry, "place">): string {
  if (place === undefined) return "unknown place"
  return `${place.file}:${place.line}${place.function === undefined ? "" : ` in ${place.function}`}`
}

/** What happened, in a few words. */
export function happened(what: LeakKind): string {
  switch (what) {
    case "dropped":
      return "rows of other tenants dropped"
    case "kept":
      return "rows of other tenants shown"
    case "reference":
      return "reference to rows of other tenants"
    case "root":
      return "query for rows of other tenants"
    case "unknown":
      return "rows of unknown tenant"
    case "write":
      return "write to rows of other tenants"
    case "no-tenant":
      return "loaded outside any scope"
    case "unloaded-write":
      return "written without the rows that are not shown"
    case "rls-not-held":
      return "row security did not hold"
  }
}

/** Why it happened, where that is known: `no-force: shop owns public.address, and …`. */
export function causeOf({ cause, explanation }: Pick<LedgerEntry, "cause" | "explanation">): string | undefined {
  if (cause === undefined) return explanation
  return explanation === undefined ? cause : `${cause}: ${explanation}`
}

/** Whether it tells of a safety net that failed, and not of one leak. */
export function isError({ what }: Pick<LedgerEntry, "what">): boolean {
  return what === "rls-not-held"
}

/** `40 rows in 17 loads, all fetched in vain`. */
export function countsOf({ rows, dropped, events }: Pick<LedgerEntry, "rows" | "dropped" | "events">): string {
  if (rows === 0) return counted(events, "load")
  const inVain = dropped === rows ? ", all fetched in vain" : `, ${number(dropped)} of them fetched in vain`
  return `${counted(rows, "row")} in ${counted(events, "load")}${dropped === 0 ? "" : inVain}`
}

/** What was not told apart, if anything. */
export function notToldApart({ overflow }: Ledger): string | undefined {
  return overflow.events === 0 ? undefined : `More leaks, not told apart: ${countsOf(overflow)}.`
}

/** What was read, in a sentence. */
export function wasRead({ input }: Ledger): string {
  const { files, lines, records, unreadable } = input
  const lost = unreadable === 0 ? "" : `, ${counted(unreadable, "unreadable line")}`
  return `Read ${counted(records, "record")} in ${counted(lines, "line")} of ${counted(files, "file")}${lost}.`
}

/** `2 leaks, 1 of them new.` */
export function total({ entries, overflow }: Ledger, { hasBaseline, isNew }: Comparison): string {
  if (entries.length === 0) return overflow.events === 0 ? "No leaks." : "No leaks beyond those."
  const fresh = hasBaseline ? `, ${number(entries.filter(isNew).length)} of them new` : ""
  return `${counted(entries.length, "leak")}${fresh}.`
}

/** `1 row`, `1,200 rows`. */
export function counted(count: number, noun: string): string {
  return `${number(count)} ${noun}${count === 1 ? "" : "s"}`
}

/** With separators: `31,402`. */
export function number(value: number): string {
  return value.toLocaleString("en-US")
}

/** A minute is enough to find it in a log. */
export function minuteOf(time: string): string {
  return time.slice(0, 16).replace("T", " ")
}
