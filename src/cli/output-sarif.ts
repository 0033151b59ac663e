import type { Comparison } from "./compare.ts"
import type { LedgerEntry } from "./ledger.ts"
import { countsOf, happened, notToldApart, placeOf, subjectOf, wasRead, type Output } from "./output.ts"
import { packageVersion } from "./package-version.ts"
import { leakKinds } from "./parse-record.ts"

/** SARIF 2.1.0, for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html */
export const sarifReport: Output = (ledger, comparison) => {
  const rules = leakKinds.map((what) => ({ id: ruleOf(what), shortDescription: { text: happened(what) } }))
  const driver = { name: "tenant-failsafe", version: packageVersion(), rules }
  const results = ledger.entries.map((entry) => resultOf(entry, comparison))
  const notes = [notToldApart(ledger), wasRead(ledger)].filter((text) => text !== undefined)
  const toolExecutionNotifications = notes.map((text) => ({ level: "note", message: { text } }))
  const invocations = [{ executionSuccessful: true, toolExecutionNotifications }]
  const runs = [{ tool: { driver }, invocations, columnKind: "utf16CodeUnits", results }]
  return `${JSON.stringify({ $schema: schema, version: "2.1.0", runs }, null, 2)}\n`
}

const schema = "https://json.schemastore.org/sarif-2.1.0.json"

function resultOf(entry: LedgerEntry, { hasBaseline, isNew }: Comparison): object {
  const { what, fingerprint, fix, events } = entry
  const text = `${subjectOf(entry)} at ${placeOf(entry)}: ${happened(what)}, ${countsOf(entry)}.`
  return {
    ruleId: ruleOf(what),
    ruleIndex: leakKinds.indexOf(what),
    level: "warning",
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
    physicalLocation: {
      artifactLocation: { uri: relativeUri(file), uriBaseId: "%SRCROOT%" },
      region: { startLine: Math.max(1, line) },
    },
    ...(place?.function === undefined
      ? {}
      : { logicalLocations: [{ fullyQualifiedName: place.function, kind: "function" }] }),
  }
}

function relativeUri(file: string): string {
  return file.replaceAll("\\", "/").split("/").filter(Boolean).map(encodeURIComponent).join("/")
}
