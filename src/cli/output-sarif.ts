import type { Comparison } from "./compare.ts"
import type { LedgerEntry } from "./ledger.ts"
import {
  causeOf,
  countsOf,
  happened,
  isError,
  notToldApart,
  placeOf,
  subjectOf,
  wasRead,
  type Output,
} from "./output.ts"
import { leakKinds } from "./parse-record.ts"
import { sarifLog, sarifPlace } from "./sarif-log.ts"

/** SARIF 2.1.0, for code scanning. */
export const sarifReport: Output = (ledger, comparison) => {
  const rules = leakKinds.map((what) => ({ id: ruleOf(what), shortDescription: { text: happened(what) } }))
  const results = ledger.entries.map((entry) => resultOf(entry, comparison))
  const notes = [notToldApart(ledger), wasRead(ledger)].filter((text) => text !== undefined)
  return sarifLog(rules, results, notes)
}

function resultOf(entry: LedgerEntry, { hasBaseline, isNew }: Comparison): object {
  const { what, fingerprint, fix, events } = entry
  const cause = causeOf(entry)
  const found = `${subjectOf(entry)} at ${placeOf(entry)}: ${happened(what)}, ${countsOf(entry)}.`
  const text = cause === undefined ? found : `${found}\n\n${cause}`
  return {
    ruleId: ruleOf(what),
    ruleIndex: leakKinds.indexOf(what),
    level: isError(entry) ? "error" : "warning",
    message: { text: fix === undefined ? text : `${text}\n\n${fix}` },
    locations: [locationOf(entry)],
    partialFingerprints: { "tenantFailsafe/v1": `${fingerprint}/${what}` },
    occurrenceCount: Math.max(1, events),
    ...(hasBaseline ? { baselineState: isNew(entry) ? "new" : "unchanged" } : {}),
  }
}

function ruleOf(what: string): string {
  return `tenant-leak/${what}`
}

/** Code scanning refuses a whole file for one result without a place. */
function locationOf({ place }: LedgerEntry): object {
  const { file, line } = place ?? { file: "package.json", line: 1 }
  return {
    ...sarifPlace(file, line),
    ...(place?.function === undefined
      ? {}
      : { logicalLocations: [{ fullyQualifiedName: place.function, kind: "function" }] }),
  }
}
