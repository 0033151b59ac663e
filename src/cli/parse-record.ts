import type { LeakKind, LeakOverflow, LeakRecord, LeakReport } from "../core/leak-report.ts"
import { cleanCode, cleanLine } from "./clean-text.ts"

/** All kinds of detections. */
export const leakKinds: readonly LeakKind[] = [
  "dropped",
  "kept",
  "reference",
  "root",
  "unknown",
  "write",
  "no-tenant",
  "unloaded-write",
  "rls-not-held",
]

const maxName = 512
const maxFix = 4096
// As `toISOString()` writes it: texts that are ordered as the times are.
const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** Whether an object says that it is a record, of whatever version. */
export function isOfTheEvent(value: object): boolean {
  const event = new Fields(value).get("event")
  return event === "tenant_leak" || event === "tenant_leak_overflow"
}

/** A record as this version writes it, cleaned of what a terminal or a page could stumble over; undefined for anything else. */
export function parseRecord(value: object): LeakRecord | undefined {
  const fields = new Fields(value)
  if (fields.get("v") !== 1) return undefined
  if (fields.get("event") === "tenant_leak") return parseReport(fields)
  return fields.get("event") === "tenant_leak_overflow" ? parseOverflow(fields) : undefined
}

/** Reads fields strictly: one that a record needs and that is not of its type makes it unreadable. */
class Fields {
  isValid = true
  readonly #value: object

  constructor(value: object) {
    this.#value = value
  }

  get(name: string): unknown {
    return Object.hasOwn(this.#value, name) ? (this.#value as Record<string, unknown>)[name] : undefined
  }

  text(name: string, pattern = /./): string {
    const value = this.get(name)
    if (typeof value === "string" && value.length <= maxName && pattern.test(value)) return cleanLine(value)
    this.isValid = false
    return ""
  }

  textOrNull(name: string): string | null {
    return this.get(name) === null ? null : this.text(name)
  }

  /** What may be missing is left out where it is not of its type: loggers have fields of the same name, such as `route`. */
  optionalText(name: string, limit = maxName, clean = cleanLine): string | undefined {
    const value = this.get(name)
    return typeof value === "string" && value !== "" && value.length <= limit ? clean(value) : undefined
  }

  optionalCount(name: string): number | undefined {
    const value = this.get(name)
    return isCount(value) ? value : undefined
  }

  count(name: string): number {
    const value = this.get(name)
    // A negative zero is none.
    if (isCount(value)) return value + 0
    this.isValid = false
    return 0
  }

  time(name: string): string {
    const value = this.get(name)
    if (typeof value === "string" && isoTime.test(value) && !Number.isNaN(Date.parse(value))) return value
    this.isValid = false
    return ""
  }

  oneOf<T extends string>(name: string, allowed: readonly T[]): T {
    const value = this.get(name)
    if (allowed.includes(value as T)) return value as T
    this.isValid = false
    return allowed[0]!
  }
}

function parseReport(fields: Fields): LeakReport | undefined {
  const optional = {
    strategy: fields.optionalText("strategy"),
    route: fields.optionalText("route"),
    release: fields.optionalText("release"),
    trace_id: fields.optionalText("trace_id"),
    fix: fields.optionalText("fix", maxFix, cleanCode),
    ...(fields.get("what") === "rls-not-held" ? failureIn(fields) : {}),
    "code.file.path": fields.optionalText("code.file.path"),
    "code.line.number": fields.optionalCount("code.line.number"),
    "code.function.name": fields.optionalText("code.function.name"),
  }
  const report = {
    event: "tenant_leak",
    v: 1,
    kind: fields.oneOf("kind", ["first", "summary"]),
    what: fields.oneOf("what", leakKinds),
    orm: fields.oneOf("orm", ["mikro-orm", "typeorm"]),
    owner: fields.text("owner"),
    relation: fields.textOrNull("relation"),
    child: fields.text("child"),
    column: fields.text("column"),
    fingerprint: fields.text("fingerprint", /^v1:[0-9a-f]{16}$/),
    loaded: fields.count("loaded"),
    rows: fields.count("rows"),
    dropped: fields.count("dropped"),
    events: fields.count("events"),
    maxDropped: fields.count("maxDropped"),
    firstSeen: fields.time("firstSeen"),
    lastSeen: fields.time("lastSeen"),
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  } as const
  return fields.isValid ? report : undefined
}

/** A record without a cause is one of a later version, which may know others. */
function failureIn(fields: Fields): Pick<LeakReport, "severity" | "cause" | "explanation"> {
  const cause = fields.optionalText("cause") as LeakReport["cause"]
  const explanation = fields.optionalText("explanation", maxFix)
  return {
    severity: "error",
    ...(cause === undefined ? {} : { cause }),
    ...(explanation === undefined ? {} : { explanation }),
  }
}

function parseOverflow(fields: Fields): LeakOverflow | undefined {
  const overflow = {
    event: "tenant_leak_overflow",
    v: 1,
    events: fields.count("events"),
    rows: fields.count("rows"),
    dropped: fields.count("dropped"),
    firstSeen: fields.time("firstSeen"),
    lastSeen: fields.time("lastSeen"),
  } as const
  return fields.isValid ? overflow : undefined
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
