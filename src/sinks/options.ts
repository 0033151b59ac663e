import { didYouMean } from "../core/closest-name.ts"
import { invalid } from "../core/options.ts"
import type { Caps } from "./digest.ts"
import type { LeakSink } from "./leak-sink.ts"

/** The options of `reportLeaks`. */
export interface ReportLeaksOptions {
  /** One sink or several. */
  readonly to: LeakSink | readonly LeakSink[]
  /** Milliseconds between two summaries; default 60,000. */
  readonly summaryEvery?: number
  /** Which release of the application this is: the ledger says in which releases a leak was seen. */
  readonly release?: string
  /** Findings that are counted one by one; those beyond them are counted in one overflow record. Default 1,000. */
  readonly maxFingerprints?: number
  /** First occurrences that are written at once between two summaries; those beyond them wait for the summary. Default 60. */
  readonly maxFirsts?: number
}

export interface ReportSettings {
  readonly sinks: readonly LeakSink[]
  readonly summaryEvery: number
  readonly release: string | undefined
  readonly caps: Caps
}

const known = ["to", "summaryEvery", "release", "maxFingerprints", "maxFirsts"]

/** @throws {TenantFailsafeError} `OPTION_INVALID` */
export function readReportOptions(options: ReportLeaksOptions): ReportSettings {
  if (typeof options !== "object" || options === null) {
    throw invalid("reportLeaks needs options. Pass at least { to: logTo(logger) }.", {})
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    throw invalid(`'${name}' is no option of reportLeaks.${didYouMean(name, known)}`, { option: name })
  }
  const { to, summaryEvery = 60_000, release, maxFingerprints = 1000, maxFirsts = 60 } = options
  const sinks: readonly LeakSink[] = Array.isArray(to) ? (to as readonly LeakSink[]) : [to as LeakSink]
  if (sinks.length === 0 || sinks.some((sink) => typeof (sink as LeakSink | undefined)?.write !== "function")) {
    throw invalid("to must be a sink or several: something with write(record), such as logTo(logger).", {
      option: "to",
    })
  }
  for (const [option, value] of Object.entries({ summaryEvery, maxFingerprints, maxFirsts })) {
    if (!Number.isInteger(value) || value < 1 || value > 2 ** 31 - 1) {
      throw invalid(`${option} must be a whole number, at least 1.`, { option })
    }
  }
  if (release !== undefined && (typeof release !== "string" || release.trim() === "")) {
    throw invalid("release must be a text that names the release.", { option: "release" })
  }
  return { sinks, summaryEvery, release, caps: { fingerprints: maxFingerprints, firsts: maxFirsts } }
}
