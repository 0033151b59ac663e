import { Console } from "node:console"
import { invalid } from "../core/options.ts"
import type { LeakRecord } from "../core/leak-report.ts"
import { describeRecord } from "./describe-record.ts"
import type { LeakSink } from "./leak-sink.ts"

/** A logger: `warn(object, message)` as pino and bunyan have it, Node's console, Nest's logger, or winston's. */
export interface Logger {
  warn(...args: never[]): unknown
  error?(...args: never[]): unknown
}

/** The options of `logTo`. */
export interface LogToOptions {
  /** Default `"warn"`. Records of that severity, such as `"rls-not-held"`, are errors where the logger has `error`. */
  readonly level?: "warn" | "error"
  /**
   * How the logger takes a record; found out by default. `"object-first"`: `warn(record, message)`. `"message-first"`: `warn(message,
   * record)`. `"line"`: `warn(json)`, for loggers that would print an object over several lines.
   */
  readonly style?: "object-first" | "message-first" | "line"
}

/**
 * A sink that writes records to the application's logger, with a sentence for people.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`
 *
 * @example
 * reportLeaks({ to: logTo(pino()) })
 */
export function logTo(logger: Logger, { level = "warn", style }: LogToOptions = {}): LeakSink {
  if (level !== "warn" && level !== "error") throw invalid('level must be "warn" or "error".', { option: "level" })
  if (typeof (logger as Partial<Logger> | undefined)?.[level] !== "function") {
    throw invalid(`logTo() needs a logger with the method ${level}().`, { option: "to" })
  }
  const shape = style ?? styleOf(logger)
  if (!styles.includes(shape)) throw invalid(`style must be one of ${styles.join(", ")}.`, { option: "style" })
  const isBunyan = hasOwnVersion(logger)
  return {
    write(record: LeakRecord) {
      const isError = record.event === "tenant_leak" && record.severity === "error"
      const method = isError && typeof logger.error === "function" ? "error" : level
      const log = (...args: unknown[]): unknown =>
        (logger as Record<typeof method, (...args: unknown[]) => unknown>)[method](...args)
      if (shape === "line") return log(JSON.stringify(record))
      if (shape === "message-first") return log(describeRecord(record), record)
      return log(isBunyan ? { body: record } : record, describeRecord(record))
    },
  }
}

const styles: readonly string[] = ["object-first", "message-first", "line"] satisfies LogToOptions["style"][]

function styleOf(logger: object): NonNullable<LogToOptions["style"]> {
  const { info, log, transports } = logger as Readonly<Record<string, unknown>>
  if (logger === console || logger instanceof Console) return "line"
  // Nest's loggers say log() where the others say info().
  if (typeof log === "function" && typeof info !== "function") return "line"
  return Array.isArray(transports) ? "message-first" : "object-first"
}

/** Bunyan 2 writes the version of its own format over a field `v`. */
function hasOwnVersion(logger: object): boolean {
  const { fields, streams } = logger as Readonly<Record<string, unknown>>
  return typeof fields === "object" && fields !== null && Array.isArray(streams)
}
