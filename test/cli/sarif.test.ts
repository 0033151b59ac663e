import { writeFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import type { LeakRecord } from "../../src/core/leak-report.ts"
import { inFolder } from "./support/folder.ts"
import { fingerprint, overflow, recordOf } from "./support/records.ts"
import { runCommand } from "./support/terminal.ts"

interface Result {
  readonly ruleId: string
  readonly ruleIndex: number
  readonly baselineState?: string
  readonly message: { readonly text: string }
  readonly locations: readonly {
    readonly physicalLocation: {
      readonly artifactLocation: { readonly uri: string; readonly uriBaseId: string }
      readonly region: { readonly startLine: number }
    }
    readonly logicalLocations?: readonly { readonly fullyQualifiedName: string }[]
  }[]
  readonly partialFingerprints: Readonly<Record<string, string>>
}

interface Sarif {
  readonly $schema: string
  readonly version: string
  readonly runs: readonly {
    readonly tool: {
      readonly driver: { readonly name: string; readonly version: string; readonly rules: readonly { id: string }[] }
    }
    readonly invocations: readonly object[]
    readonly results: readonly Result[]
  }[]
}

const { "code.file.path": _, "code.line.number": __, "code.function.name": ___, ...placeless } = recordOf()
const kinds = [
  "dropped",
  "kept",
  "reference",
  "root",
  "unknown",
  "write",
  "no-tenant",
  "unloaded-write",
  "rls-not-held",
] as const

async function sarifOf(records: readonly LeakRecord[], ...args: readonly string[]): Promise<Sarif> {
  const piped = records.map((record) => `${JSON.stringify(record)}\n`).join("")
  const { stdout } = await runCommand(["leaks", "-", "--format", "sarif", ...args], { piped })
  return JSON.parse(stdout) as Sarif
}

async function resultOf(record: LeakRecord): Promise<Result> {
  return (await sarifOf([record])).runs[0]!.results[0]!
}

describe("SARIF", () => {
  // Section 3 of https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
  it("has what its schema requires of a log, a tool, a rule, a result and a notification", async () => {
    const sarif = await sarifOf([...kinds.map((what) => recordOf({ what })), overflow])

    expect(sarif).toEqual({
      $schema: "https://json.schemastore.org/sarif-2.1.0.json",
      version: "2.1.0",
      runs: [
        {
          tool: {
            driver: {
              name: "tenant-failsafe",
              version: expect.stringMatching(/^\d+\.\d+\.\d+/),
              rules: kinds.map((what) => ({
                id: `tenant-leak/${what}`,
                shortDescription: { text: expect.stringMatching(/./) },
              })),
            },
          },
          invocations: [
            {
              executionSuccessful: true,
              toolExecutionNotifications: [
                {
                  level: "note",
                  message: { text: "More leaks, not told apart: 7 rows in 3 loads, 6 of them fetched in vain." },
                },
                { level: "note", message: { text: "Read 10 records in 10 lines of 1 file." } },
              ],
            },
          ],
          columnKind: "utf16CodeUnits",
          results: kinds
            .map((what) => ({
              ruleId: `tenant-leak/${what}`,
              ruleIndex: kinds.indexOf(what),
              level: what === "rls-not-held" ? "error" : "warning",
              message: {
                text: expect.stringMatching(/^Customer\.addresses at src\/customers\.ts:12 in listCustomers: .+\.$/),
              },
              locations: [
                {
                  physicalLocation: {
                    artifactLocation: { uri: "src/customers.ts", uriBaseId: "%SRCROOT%" },
                    region: { startLine: 12 },
                  },
                  logicalLocations: [{ fullyQualifiedName: "listCustomers", kind: "function" }],
                },
              ],
              partialFingerprints: { "tenantFailsafe/v1": `v1:09c0da4f603c5b17/${what}` },
              occurrenceCount: 1,
            }))
            .toSorted((one, other) => (one.ruleId < other.ruleId ? -1 : 1)),
        },
      ],
    })
  })

  it("has the rule of each result where the result says it is", async () => {
    const { tool, results } = (await sarifOf(kinds.map((what) => recordOf({ what })))).runs[0]!

    expect(results.map(({ ruleIndex }) => tool.driver.rules[ruleIndex]?.id)).toEqual(
      results.map(({ ruleId }) => ruleId),
    )
  })

  it.each([
    ["src/a b/ü%.ts", "src/a%20b/%C3%BC%25.ts"],
    ["src\\customers.ts", "src/customers.ts"],
    ["/etc/passwd", "etc/passwd"],
    ["javascript:x.ts", "javascript%3Ax.ts"],
    ["../other/a.ts", "../other/a.ts"],
  ])("gives %j as the relative URI %j", async (file, uri) => {
    const { locations } = await resultOf(recordOf({ "code.file.path": file }))

    expect(locations[0]?.physicalLocation.artifactLocation.uri).toBe(uri)
    expect(new URL(uri, "file:///root/of/it/").protocol).toBe("file:")
  })

  it("gives a leak without a place one that exists in each package", async () => {
    expect((await resultOf(placeless)).locations).toEqual([
      {
        physicalLocation: {
          artifactLocation: { uri: "package.json", uriBaseId: "%SRCROOT%" },
          region: { startLine: 1 },
        },
      },
    ])
  })

  it("gives the fix with the message", async () => {
    expect((await resultOf(recordOf({ fix: "await fix()" }))).message.text).toMatch(/\.\n\nawait fix\(\)$/)
  })

  it("tells new from known where there is a baseline", async () => {
    const path = inFolder()("leaks.json")
    const leak = { what: "dropped", relation: "Customer.addresses", place: null, since: "2026-11-01" }
    writeFileSync(path, JSON.stringify({ v: 1, leaks: [{ ...leak, fingerprint: recordOf().fingerprint }] }))

    const { results } = (
      await sarifOf([recordOf({ events: 2 }), recordOf({ fingerprint: fingerprint(1) })], "--baseline", path)
    ).runs[0]!

    expect(results.map(({ baselineState }) => baselineState)).toEqual(["unchanged", "new"])
  })
})
