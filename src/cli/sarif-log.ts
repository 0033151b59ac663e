import { packageVersion } from "./package-version.ts"

/** A kind of finding. */
export interface SarifRule {
  readonly id: string
  readonly shortDescription: { readonly text: string }
}

/** SARIF 2.1.0, for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html */
export function sarifLog(rules: readonly SarifRule[], results: readonly object[], notes: readonly string[]): string {
  const driver = { name: "tenant-failsafe", version: packageVersion(), rules }
  const toolExecutionNotifications = notes.map((text) => ({ level: "note", message: { text } }))
  const invocations = [{ executionSuccessful: true, toolExecutionNotifications }]
  const runs = [{ tool: { driver }, invocations, columnKind: "utf16CodeUnits", results }]
  return `${JSON.stringify({ $schema: schema, version: "2.1.0", runs }, null, 2)}\n`
}

const schema = "https://json.schemastore.org/sarif-2.1.0.json"

/** A line of a file, whose path is relative to the root of the sources. */
export function sarifPlace(file: string, line: number): object {
  return {
    physicalLocation: {
      artifactLocation: { uri: relativeUri(file), uriBaseId: "%SRCROOT%" },
      region: { startLine: Math.max(1, line) },
    },
  }
}

function relativeUri(file: string): string {
  return file.replaceAll("\\", "/").split("/").filter(Boolean).map(encodeURIComponent).join("/")
}
