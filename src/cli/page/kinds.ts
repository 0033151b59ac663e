import type { LeakKind } from "../../core/leak-report.ts"

/** How bad it is for the tenants: nothing came through, something did, or nobody can tell. */
export type Severity = "contained" | "exposed" | "uncertain"

/** What a kind of detection means to whoever has to act on it. */
export interface KindMeaning {
  readonly severity: Severity
  readonly meaning: string
}

/** The meaning of each kind; of a kind that this version does not know, that it is unknown. */
export function meaningOf(what: string): KindMeaning {
  return Object.hasOwn(meanings, what) ? meanings[what as LeakKind] : unheardOf
}

const meanings: Readonly<Record<LeakKind, KindMeaning>> = {
  dropped: {
    severity: "contained",
    meaning:
      "Rows of another tenant were fetched and taken out of the collection. No one saw them; the query lacks its filter.",
  },
  kept: {
    severity: "exposed",
    meaning: "Rows of another tenant were fetched and left in the collection. The application saw them.",
  },
  reference: {
    severity: "exposed",
    meaning:
      "A to-one relation points at a row of another tenant. It was left as it is: look at how the row got there.",
  },
  root: {
    severity: "exposed",
    meaning: "A query's own results hold rows of another tenant. They were left there: the query lacks its condition.",
  },
  unknown: {
    severity: "uncertain",
    meaning: "The tenant of these rows could not be found out, not even by looking it up.",
  },
  write: {
    severity: "uncertain",
    meaning: "A flush or save reached for a row of another tenant.",
  },
  "no-tenant": {
    severity: "uncertain",
    meaning: "A guarded relation was loaded outside any tenant scope: there was no tenant to judge by.",
  },
  "unloaded-write": {
    severity: "contained",
    meaning: "A write to a collection that was not loaded in full would have reached rows of other tenants.",
  },
  "rls-not-held": {
    severity: "exposed",
    meaning:
      "Row security is declared active, and the database returned rows of another tenant all the same. Whatever passes by this guard has seen them.",
  },
}

const unheardOf: KindMeaning = { severity: "uncertain", meaning: "This version does not know this kind of detection." }
