import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { publishLeak } from "../../src/core/leak-channel.ts"
import { currentScope, withTenant } from "../../src/index.ts"
import { reportLeaks, type LeakSink, type ReportLeaksOptions, type StopReporting } from "../../src/sinks/index.ts"
import { reportOf } from "./support/report.ts"
import { recordingSink } from "./support/recording-sink.ts"

let stop: StopReporting | undefined
let stderr: string[]

beforeEach(() => {
  stderr = []
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    stderr.push(String(text))
    return true
  })
})

afterEach(async () => {
  vi.restoreAllMocks()
  await stop?.()
  stop = undefined
})

const detect = (report = reportOf()): void => publishLeak(report, [])
const hour = 3_600_000

describe("reportLeaks", () => {
  it("sends the first of each finding at once, and the rest when it stops, instead of writing to stderr", async () => {
    const sink = recordingSink()
    stop = reportLeaks({ to: sink, summaryEvery: hour })

    const first = sink.next()
    for (let index = 0; index < 5; index++) detect()
    await first
    expect(sink.records).toMatchObject([{ kind: "first", events: 1 }])
    await stop()

    expect(sink.records).toMatchObject([
      { kind: "first", events: 1, dropped: 2 },
      { kind: "summary", events: 4, dropped: 8 },
    ])
    expect(stderr).toEqual([])
  })

  it("sums up every so often", async () => {
    const sink = recordingSink()
    stop = reportLeaks({ to: sink, summaryEvery: 1 })
    detect()
    detect()
    await sink.next()

    expect(await sink.next()).toMatchObject({ kind: "summary", events: 1 })
  })

  it("leaves records to stderr before it is called and after it stopped", async () => {
    detect()
    stop = reportLeaks({ to: recordingSink() })
    await stop()
    detect()

    expect(stderr.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(["tenant_leak", "tenant_leak"])
  })

  it("sends to several sinks, and stops by `await using`", async () => {
    const sinks = [recordingSink(), recordingSink()]
    {
      await using _stop = reportLeaks({ to: sinks })
      detect()
    }

    expect(sinks.map(({ records }) => records.length)).toEqual([1, 1])
  })

  it("names the release, and the trace that is active where the leak is detected", async () => {
    const sink = Object.assign(recordingSink(), { traceId: () => "4bf92f3577b34da6a3ce929d0e0e4736" })
    stop = reportLeaks({ to: sink, release: "2026.11.22" })
    detect()

    expect(await sink.next()).toMatchObject({ release: "2026.11.22", trace_id: "4bf92f3577b34da6a3ce929d0e0e4736" })
  })

  it("calls sinks outside any scope, after what the query resolves", async () => {
    const order: unknown[] = []
    const taken = Promise.withResolvers<void>()
    const write = (): void => {
      order.push(["sink", currentScope()])
      taken.resolve()
    }
    stop = reportLeaks({ to: { write } })

    await withTenant(1, async () => {
      detect()
      await Promise.resolve()
      order.push("query")
    })
    order.push("caller")
    await taken.promise

    expect(order).toEqual(["query", "caller", ["sink", undefined]])
  })

  const broken: Record<string, LeakSink> = {
    throws: {
      write(): never {
        throw new Error("down")
      },
    },
    rejects: { write: () => Promise.reject(new Error("down")) },
  }

  it.each(Object.keys(broken))("writes to stderr what a sink that %s did not take, and says so once", async (name) => {
    const warnings = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined)
    const other = recordingSink()
    stop = reportLeaks({ to: [broken[name]!, other] })
    detect()
    detect(reportOf({ relation: "orders" }))
    await stop()

    expect(stderr.map((line) => (JSON.parse(line) as { relation: string }).relation)).toEqual(["addresses", "orders"])
    expect(warnings.mock.calls.map(([warning, options]) => [String(warning).split("\n")[0], options])).toEqual([
      [
        "Error: down",
        {
          type: "TenantFailsafeWarning",
          detail: "A sink of reportLeaks failed. What it does not take goes to stderr.",
        },
      ],
    ])
    expect(other.records).toHaveLength(2)
  })

  it("waits neither for a sink that never takes a record, nor for its flush", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
    try {
      const never = (): Promise<never> => new Promise(() => {})
      const sink = recordingSink()
      const stopping = reportLeaks({ to: [{ write: never, flush: never }, sink] })
      detect()
      await sink.next()

      const stopped = stopping()
      await vi.advanceTimersByTimeAsync(5000)

      expect(await stopped).toBeUndefined()
    } finally {
      vi.useRealTimers()
    }
  })

  it("warns when a flush fails", async () => {
    const warnings = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined)
    stop = reportLeaks({ to: { write: () => undefined, flush: () => Promise.reject(new Error("full")) } })
    await stop()

    expect(String(warnings.mock.calls[0]![0])).toContain("full")
  })

  it("keeps a record without a trace when a sink cannot tell it", async () => {
    const sink = Object.assign(recordingSink(), {
      traceId(): never {
        throw new Error("no tracing")
      },
    })
    stop = reportLeaks({ to: sink })
    detect()

    expect(await sink.next()).not.toHaveProperty("trace_id")
  })
})

describe("reportLeaks refuses", () => {
  const sink: LeakSink = { write: () => undefined }

  it.each([
    ["no options", undefined, "reportLeaks needs options. Pass at least { to: logTo(logger) }."],
    [
      "an unknown option",
      { to: sink, summariseEvery: 1 },
      "'summariseEvery' is no option of reportLeaks. Did you mean 'summaryEvery'?",
    ],
    ["no sink", { to: [] }, "to must be a sink or several: something with write(record), such as logTo(logger)."],
    [
      "what is no sink",
      { to: {} },
      "to must be a sink or several: something with write(record), such as logTo(logger).",
    ],
    ["no interval", { to: sink, summaryEvery: 0 }, "summaryEvery must be a whole number, at least 1."],
    ["a cap of nothing", { to: sink, maxFirsts: 0.5 }, "maxFirsts must be a whole number, at least 1."],
    ["a blank release", { to: sink, release: " " }, "release must be a text that names the release."],
  ])("%s", (_, options, message) => {
    expect(() => reportLeaks(options as ReportLeaksOptions)).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID", message }),
    )
  })
})
