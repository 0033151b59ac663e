import { execFile } from "node:child_process"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PassThrough } from "node:stream"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { metrics } from "@opentelemetry/api"
import pino from "pino"
import { describe, expect, it, onTestFinished, vi } from "vitest"
import { rowSecurityReport } from "../../src/core/leak-report.ts"
import { logTo, openTelemetry } from "../../src/sinks/index.ts"
import { reportOf } from "./support/report.ts"

const report = rowSecurityReport(reportOf(), { cause: "no-force", explanation: "shop owns public.address." })
const sentence =
  "tenant leak: Customer.addresses got rows of other tenants past row security (no-force) at src/customers.ts:12, once: " +
  "shop owns public.address."

describe("a record that row security did not hold", () => {
  it("is an error of pino's, whatever the level of the others", async () => {
    const stream = new PassThrough()
    const sink = logTo(pino(stream))
    void sink.write(report)
    void sink.write(reportOf())
    stream.end()

    const lines = (await text(stream)).trimEnd().split("\n")
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { ...report, level: 50, msg: sentence },
      { level: 40 },
    ])
  })

  it("is a warning of a logger that knows no errors", () => {
    const warn = vi.fn<(record: object, message: string) => void>()

    void logTo({ warn, info() {} } as never).write(report)

    expect(warn.mock.calls).toEqual([[report, sentence]])
  })

  it("is an event of OpenTelemetry's with the number of ERROR, and no second load in its counters", () => {
    const added: unknown[] = []
    const counter = { add: (value: number, attributes: object) => added.push([value, attributes]) }
    metrics.setGlobalMeterProvider({ getMeter: () => ({ createCounter: () => counter }) } as never)
    onTestFinished(() => metrics.disable())
    const emitted: object[] = []

    void openTelemetry({ logger: { emit: (record) => emitted.push(record) } }).write(report)

    expect(emitted).toMatchObject([{ severityNumber: 17, body: sentence, attributes: { cause: "no-force" } }])
    expect(added).toEqual([])
  })

  it.each(["ends", "exits", "crashes"])("is written, without a cause, by a process that %s before", async (ending) => {
    const folder = await mkdtemp(join(tmpdir(), "tenant-failsafe-unasked-"))
    onTestFinished(() => rm(folder, { recursive: true }))
    const script = fileURLToPath(new URL("support/end-unasked.ts", import.meta.url))
    const stripTypes = "--experimental-strip-types"
    const flags = process.allowedNodeEnvironmentFlags.has(stripTypes) ? [stripTypes] : []
    const file = join(folder, "leaks.ndjson")

    await promisify(execFile)(process.execPath, [...flags, "--no-warnings", script, ending, file]).catch(
      () => undefined,
    )

    const lines = (await readFile(file, "utf8")).trimEnd().split("\n")
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      {
        what: "rls-not-held",
        cause: "unknown",
        explanation: expect.stringContaining("the process ended before the database was asked") as string,
      },
    ])
  })
})
