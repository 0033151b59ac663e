import { execFile } from "node:child_process"
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import { promisify } from "node:util"
import { afterEach, describe, expect, it, vi } from "vitest"
import { publishLeak } from "../../src/core/leak-channel.ts"
import { leakReport, type LeakReport } from "../../src/core/leak-report.ts"

const report = leakReport(
  {
    what: "dropped",
    orm: "mikro-orm",
    owner: "Customer",
    relation: "addresses",
    child: "Address",
    column: "merchantId",
  },
  { loaded: 2, rows: 1 },
  1,
  undefined,
  new Date(0),
)

afterEach(() => {
  vi.restoreAllMocks()
})

function stderr(): string[] {
  const lines: string[] = []
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    lines.push(String(text))
    return true
  })
  return lines
}

describe("publishLeak", () => {
  it("writes a record that nobody observes to stderr, as one JSON line", () => {
    const lines = stderr()

    publishLeak(report, [])

    expect(lines).toEqual([`${JSON.stringify(report)}\n`])
  })

  it("writes nothing to stderr when an observer takes the record", () => {
    const lines = stderr()
    const seen: LeakReport[] = []

    publishLeak(report, [(record) => seen.push(record)])

    expect(seen).toEqual([report])
    expect(lines).toEqual([])
  })

  it("publishes every record on diagnostics_channel, observed or not", () => {
    stderr()
    const messages: unknown[] = []
    const collect = (message: unknown): unknown => messages.push(message)
    subscribe("tenant-failsafe:leak", collect)

    publishLeak(report, [])
    publishLeak(report, [() => {}])
    unsubscribe("tenant-failsafe:leak", collect)

    expect(messages).toEqual([report, report])
  })

  it("writes to the stderr of a real process, and nothing to its stdout", async () => {
    const script = `
      const { LeakLog } = await import(${JSON.stringify(new URL("../../src/core/leak-log.ts", import.meta.url).href)})
      const finding = { what: "dropped", orm: "mikro-orm", owner: "A", relation: "b", child: "B", column: "c" }
      const log = new LeakLog()
      log.note(finding, { loaded: 2, rows: 1 }, 1)
      log.publish([])
    `

    const { stdout, stderr: output } = await promisify(execFile)(process.execPath, [
      "--input-type=module",
      "-e",
      script,
    ])

    expect(stdout).toBe("")
    expect(output.endsWith("\n")).toBe(true)
    expect(JSON.parse(output)).toMatchObject({ event: "tenant_leak", owner: "A", relation: "b", dropped: 1 })
  })
})
