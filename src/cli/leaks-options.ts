import type { LeakKind, LeakRecord } from "../core/leak-report.ts"
import { commandArguments, oneOf } from "./command-arguments.ts"
import { leakKinds } from "./parse-record.ts"
import { BadInput } from "./terminal.ts"

/** How the report is written. */
export type Format = "table" | "json" | "markdown" | "github" | "sarif"

/** What `tenant-failsafe leaks` is told. */
export interface LeaksOptions {
  /** Paths, and `-` for what is piped in; none for what is piped in as well. */
  readonly files: readonly string[]
  readonly format: Format
  readonly html: string | undefined
  readonly since: Date | undefined
  readonly what: readonly LeakKind[] | undefined
  readonly baseline: string | undefined
  readonly updatesBaseline: boolean
  readonly prunes: boolean
  readonly color: boolean | undefined
  readonly help: boolean
}

const options = {
  format: { type: "string", short: "f" },
  html: { type: "string" },
  since: { type: "string" },
  what: { type: "string" },
  baseline: { type: "string" },
  "update-baseline": { type: "boolean" },
  prune: { type: "boolean" },
  color: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const

const formats: readonly Format[] = ["table", "json", "markdown", "github", "sarif"]

/**
 * The options in these arguments.
 *
 * @throws {BadInput} for what is no option, or no value of one
 */
export function readLeaksOptions(args: readonly string[], now: Date): LeaksOptions {
  const { values, positionals } = commandArguments("leaks", args, options, true)
  const format = oneOf(values.format ?? "table", formats, "--format")
  if (values.baseline === undefined && (values["update-baseline"] === true || values.prune === true)) {
    throw new BadInput("--update-baseline and --prune need --baseline <path>.")
  }
  return {
    files: positionals,
    format,
    html: values.html,
    since: values.since === undefined ? undefined : parseSince(values.since, now),
    what: values.what === undefined ? undefined : parseKinds(values.what),
    baseline: values.baseline,
    updatesBaseline: values["update-baseline"] === true,
    prunes: values.prune === true,
    color: values.color,
    help: values.help === true,
  }
}

/** Which records the options leave. What was not told apart may be of any kind. */
export function accepting({ since, what }: LeaksOptions): (record: LeakRecord) => boolean {
  const earliest = since?.toISOString()
  return (record) => {
    if (earliest !== undefined && record.lastSeen < earliest) return false
    return what === undefined || record.event === "tenant_leak_overflow" || what.includes(record.what)
  }
}

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

function parseSince(text: string, now: Date): Date {
  const [, amount, unit] = /^(\d{1,6})([mhdw])$/.exec(text) ?? []
  if (amount !== undefined) return new Date(now.getTime() - Number(amount) * units[unit!]!)
  const date = /^\d{4}-\d\d-\d\d(T\S+)?$/.test(text) ? new Date(text) : new Date(Number.NaN)
  if (!Number.isNaN(date.getTime())) return date
  throw new BadInput(`--since takes a date such as 2026-11-01, or an age such as 90m, 24h or 7d, not '${text}'.`)
}

function parseKinds(text: string): LeakKind[] {
  return text.split(",").map((kind) => oneOf(kind, leakKinds, "--what"))
}
