import { mkdtemp, readFile, rename, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PassThrough, Writable } from "node:stream"
import { text } from "node:stream/consumers"
import { ConsoleLogger } from "@nestjs/common"
import { metrics, trace, TraceFlags } from "@opentelemetry/api"
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics"
import bunyan from "bunyan"
import pino from "pino"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import type { LeakOverflow } from "../../src/core/leak-report.ts"
import { jsonLines, logTo, openTelemetry } from "../../src/sinks/index.ts"
import { reportOf } from "./support/report.ts"

const report = reportOf()
const sentence = "tenant leak: Customer.addresses dropped 2 of 5 rows of other tenants at src/customers.ts:12, once"
const overflow: LeakOverflow = {
  event: "tenant_leak_overflow",
  v: 1,
  events: 3,
  rows: 7,
  dropped: 7,
  firstSeen: "2026-11-22T10:00:00.000Z",
  lastSeen: "2026-11-22T10:01:00.000Z",
}

/** What a logger writes to its stream. */
async function written(log: (stream: Writable) => void): Promise<unknown> {
  const stream = new PassThrough()
  log(stream)
  stream.end()
  return JSON.parse(await text(stream))
}

describe("logTo", () => {
  it("writes through pino, record and sentence side by side", async () => {
    expect(await written((stream) => void logTo(pino(stream)).write(report))).toMatchObject({
      ...report,
      level: 40,
      msg: sentence,
    })
  })

  it("writes through pino as an error where row-level security is active", async () => {
    expect(await written((stream) => void logTo(pino(stream), { level: "error" }).write(report))).toMatchObject({
      level: 50,
    })
  })

  it("writes through bunyan, whose own version would replace the record's", async () => {
    const line = await written((stream) => void logTo(bunyan.createLogger({ name: "shop", stream })).write(report))

    expect(line).toMatchObject({ v: 0, body: report, msg: sentence })
  })

  it.each([
    ["console", () => ({ logger: console, spy: vi.spyOn(console, "warn").mockImplementation(() => undefined) })],
    [
      "Nest's logger",
      () => {
        const logger = new ConsoleLogger()
        return { logger, spy: vi.spyOn(logger, "warn").mockImplementation(() => undefined) }
      },
    ],
  ])("writes one JSON line through %s", (_, open) => {
    const { logger, spy } = open()
    logTo(logger).write(report)

    expect(spy.mock.calls).toEqual([[JSON.stringify(report)]])
    vi.restoreAllMocks()
  })

  it("puts the sentence first where a logger wants it so", () => {
    const calls: unknown[][] = []
    logTo({ warn: (...args: unknown[]) => calls.push(args) }, { style: "message-first" }).write(report)

    expect(calls).toEqual([[sentence, report]])
  })

  it("keeps the logger's this", () => {
    class OwnLogger {
      readonly lines: unknown[] = []
      warn(line: unknown): void {
        this.lines.push(line)
      }
    }
    const logger = new OwnLogger()
    logTo(logger).write(report)

    expect(logger.lines).toEqual([report])
  })

  it.each([
    ["dropped", "Customer.addresses dropped 2 of 5 rows of other tenants"],
    ["kept", "Customer.addresses shows 2 of 5 rows of other tenants"],
    ["reference", "Customer.addresses points at 2 rows of other tenants"],
    ["unknown", "Customer.addresses has 2 of 5 rows whose tenant is unknown"],
    ["write", "Customer.addresses would change 2 rows of other tenants"],
    ["no-tenant", "Customer.addresses was loaded outside any tenant scope"],
    ["unloaded-write", "Customer.addresses was written without 2 rows of other tenants that it does not show"],
  ] as const)("has a sentence for %s", (what, expected) => {
    const calls: unknown[][] = []
    logTo({ warn: (...args: unknown[]) => calls.push(args) }).write(reportOf({ what }))

    expect(calls[0]![1]).toBe(`tenant leak: ${expected} at src/customers.ts:12, once`)
  })

  it("has a sentence for rows at top level, and for what is beyond the caps", () => {
    const calls: unknown[][] = []
    const sink = logTo({ warn: (...args: unknown[]) => calls.push(args) })
    sink.write(reportOf({ what: "root", owner: "Address", relation: null }))
    sink.write(overflow)

    expect(calls.map(([, message]) => message)).toEqual([
      "tenant leak: Address was queried for 2 of 5 rows of other tenants at src/customers.ts:12, once",
      "tenant leaks beyond those that are told apart: 3 times, 7 rows dropped",
    ])
  })

  it.each([
    ["what has no such method", {}, {}, "logTo() needs a logger with the method warn()."],
    [
      "a logger without error()",
      { warn: () => 0 },
      { level: "error" },
      "logTo() needs a logger with the method error().",
    ],
    ["another level", console, { level: "info" }, 'level must be "warn" or "error".'],
    ["another style", console, { style: "json" }, "style must be one of object-first, message-first, line."],
  ])("refuses %s", (_, logger, options, message) => {
    expect(() => logTo(logger as never, options as never)).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID", message }),
    )
  })
})

describe("jsonLines", () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "tenant-failsafe-sinks-"))
  })
  afterEach(() => rm(folder, { recursive: true }))

  const lines = async (file: string): Promise<unknown[]> =>
    (await readFile(join(folder, file), "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown)

  it("appends whole lines in their order, from several sinks to one file", async () => {
    const sinks = [jsonLines(join(folder, "leaks.ndjson")), jsonLines(join(folder, "leaks.ndjson"))]
    await Promise.all(
      Array.from({ length: 200 }, (_, index) => sinks[index % 2]!.write(reportOf({ owner: `E${index}` }))),
    )

    const owners = (await lines("leaks.ndjson")).map((line) => (line as { owner: string }).owner)
    expect(owners.toSorted()).toEqual(Array.from({ length: 200 }, (_, index) => `E${index}`).toSorted())
    const even = owners.filter((owner) => Number(owner.slice(1)) % 2 === 0)
    expect(even).toEqual(Array.from({ length: 100 }, (_, index) => `E${index * 2}`))
  })

  it("goes on in a new file when the old one was moved away", async () => {
    const sink = jsonLines(join(folder, "leaks.ndjson"))
    await sink.write(reportOf({ owner: "Before" }))
    await rename(join(folder, "leaks.ndjson"), join(folder, "leaks.1.ndjson"))
    await sink.write(reportOf({ owner: "After" }))

    expect([await lines("leaks.1.ndjson"), await lines("leaks.ndjson")]).toMatchObject([
      [{ owner: "Before" }],
      [{ owner: "After" }],
    ])
  })

  it("rejects what could not be written, and goes on", async () => {
    const sink = jsonLines(join(folder, "missing/leaks.ndjson"))
    const together = [sink.write(report), sink.write(report)]

    for (const write of together) await expect(write).rejects.toMatchObject({ code: "ENOENT" })
    await expect(sink.write(report)).rejects.toMatchObject({ code: "ENOENT" })
  })

  it("writes at once what is still waiting when the process exits", async () => {
    const sink = jsonLines(join(folder, "leaks.ndjson"))
    const write = sink.write(report)
    sink.flushSync!()

    expect(await lines("leaks.ndjson")).toEqual([report])
    await write
    expect(await lines("leaks.ndjson")).toEqual([report])
  })

  it("writes to a stream, and rejects what a broken one did not take", async () => {
    const stream = new PassThrough()
    await jsonLines(stream).write(report)
    const broken = new Writable({ write: (_, __, done) => done(new Error("EPIPE")) })

    expect(JSON.parse(String(stream.read()))).toEqual(report)
    await expect(jsonLines(broken).write(report)).rejects.toThrow("EPIPE")
  })

  it("refuses what is neither a path nor a stream", () => {
    expect(() => jsonLines(7 as never)).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID", message: "jsonLines() needs a path or a writable stream." }),
    )
  })
})

describe("openTelemetry", () => {
  afterEach(() => {
    metrics.disable()
    trace.disable()
  })

  it("counts loads and rows, not records, with the relation alone", async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
    const reader = new PeriodicExportingMetricReader({ exporter })
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
    const sink = openTelemetry()
    sink.write(report)
    sink.write({ ...report, kind: "summary", events: 40, dropped: 90 })
    sink.write(reportOf({ what: "root", owner: "Address", relation: null }))
    sink.write(overflow)
    await reader.forceFlush()

    const found = exporter
      .getMetrics()[0]!
      .scopeMetrics[0]!.metrics.map(({ descriptor, dataPoints }) => [
        descriptor.name,
        dataPoints.map(({ attributes, value }) => [attributes, value]),
      ])
    expect(found).toEqual([
      [
        "tenant_failsafe.leaks",
        [
          [{ relation: "Customer.addresses" }, 41],
          [{ relation: "Address" }, 1],
          [{ relation: "(overflow)" }, 3],
        ],
      ],
      [
        "tenant_failsafe.dropped_rows",
        [
          [{ relation: "Customer.addresses" }, 92],
          [{ relation: "Address" }, 2],
          [{ relation: "(overflow)" }, 7],
        ],
      ],
    ])
    await reader.shutdown()
  })

  it("emits each record as an event to a logger", () => {
    const events: unknown[] = []
    openTelemetry({ logger: { emit: (event) => events.push(event) } }).write(report)

    expect(events).toEqual([
      { eventName: "tenant_leak", severityNumber: 13, body: sentence, attributes: { ...report } },
    ])
  })

  it("tells the trace that is active", () => {
    const traceId = "4bf92f3577b34da6a3ce929d0e0e4736"
    const span = trace.wrapSpanContext({ traceId, spanId: "00f067aa0ba902b7", traceFlags: TraceFlags.SAMPLED })
    const active = vi.spyOn(trace, "getActiveSpan").mockReturnValue(span)

    expect(openTelemetry().traceId!()).toBe(traceId)
    active.mockReturnValue(undefined)
    expect(openTelemetry().traceId!()).toBeUndefined()
    active.mockRestore()
  })
})
