import { takeLeaks } from "../core/leak-channel.ts"
import type { LeakReport } from "../core/leak-report.ts"
import { runScoped } from "../core/scope.ts"
import { Delivery } from "./delivery.ts"
import { Digest } from "./digest.ts"
import type { LeakSink } from "./leak-sink.ts"
import { readReportOptions, type ReportLeaksOptions } from "./options.ts"

/** Ends what `reportLeaks` began: resolves when the last summary was written and every sink has flushed. */
export type StopReporting = (() => Promise<void>) & AsyncDisposable

/** How long a sink may take to flush. */
const flushLimit = 5000

/**
 * Sends leak records to sinks instead of stderr: the first of each finding at once, what follows it as summaries with exact counts. Call
 * it once, where the process starts. A sink that throws, blocks or never resolves neither delays nor changes a query; what it does not
 * take goes to stderr. The last summary is written when the process ends by itself or by `process.exit()`; at a signal, call `stop()`.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`
 *
 * @example
 * const stop = reportLeaks({ to: [logTo(pino()), jsonLines("leaks.ndjson")], release: process.env.RELEASE })
 */
export function reportLeaks(options: ReportLeaksOptions): StopReporting {
  const { sinks, summaryEvery, caps, release } = readReportOptions(options)
  const digest = new Digest(caps)
  const deliveries = sinks.map((sink) => new Delivery(sink))
  const send = (record: Parameters<Delivery["send"]>[0]) => {
    for (const delivery of deliveries) delivery.send(record)
  }
  const summarise = (): void => {
    for (const record of digest.summarise()) send(record)
  }
  const flush = async (): Promise<void> => {
    summarise()
    await Promise.all(deliveries.map((delivery) => delivery.flush(flushLimit)))
  }
  const onExit = (): void => {
    summarise()
    for (const delivery of deliveries) delivery.flushSync()
  }
  const onBeforeExit = (): void => void flush()

  const untake = takeLeaks((report) => {
    const first = digest.add(annotated(report, sinks, release))
    if (first !== undefined) send(first)
  })
  const timer = runScoped(undefined, () => setInterval(summarise, summaryEvery).unref())
  // Once: what the flush itself keeps alive ends in another "beforeExit".
  process.once("beforeExit", onBeforeExit).once("exit", onExit)

  const stop = async (): Promise<void> => {
    untake()
    clearInterval(timer)
    process.off("beforeExit", onBeforeExit).off("exit", onExit)
    await flush()
  }
  return Object.assign(stop, { [Symbol.asyncDispose]: stop })
}

/** Adds what is known in the context of the detection, and of the process. */
function annotated(report: LeakReport, sinks: readonly LeakSink[], release: string | undefined): LeakReport {
  const trace = traceIdOf(sinks)
  if (trace === undefined && release === undefined) return report
  return Object.freeze({
    ...report,
    ...(release === undefined ? {} : { release }),
    ...(trace === undefined ? {} : { trace_id: trace }),
  })
}

function traceIdOf(sinks: readonly LeakSink[]): string | undefined {
  for (const sink of sinks) {
    try {
      const id = sink.traceId?.()
      if (id !== undefined) return id
    } catch {
      // A record without a trace is better than none.
    }
  }
  return undefined
}
