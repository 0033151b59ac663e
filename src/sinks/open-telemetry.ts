import { createRequire } from "node:module"
import { TenantFailsafeError } from "../core/errors.ts"
import type { LeakRecord } from "../core/leak-report.ts"
import { describeRecord } from "./describe-record.ts"
import type { LeakSink } from "./leak-sink.ts"

/** What is used of `@opentelemetry/api`. */
interface Api {
  readonly metrics: { getMeter(name: string): { createCounter(name: string, options: object): Counter } }
  readonly trace: { getActiveSpan(): { spanContext(): { readonly traceId: string } } | undefined }
}

interface Counter {
  add(value: number, attributes: Readonly<Record<string, string>>): void
}

/** What is used of a logger of `@opentelemetry/api-logs`. */
interface EventLogger {
  emit(record: object): void
}

/** The options of `openTelemetry`. */
export interface OpenTelemetryOptions {
  /** A logger of `@opentelemetry/api-logs`, which gets each record as an event. */
  readonly logger?: EventLogger
}

/** OpenTelemetry's numbers for WARN and ERROR. */
const [warn, error] = [13, 17]

/**
 * A sink that counts for OpenTelemetry: `tenant_failsafe.leaks` (loads) and `tenant_failsafe.dropped_rows`, with the relation as their
 * only attribute. Records then name the trace that was active. Needs `@opentelemetry/api`.
 *
 * @throws {TenantFailsafeError} `NOT_INSTALLED` without that package
 *
 * @example
 * reportLeaks({ to: [logTo(pino()), openTelemetry()] })
 */
export function openTelemetry({ logger }: OpenTelemetryOptions = {}): LeakSink {
  const { metrics, trace } = loadApi()
  const meter = metrics.getMeter("tenant-failsafe")
  const leaks = meter.createCounter("tenant_failsafe.leaks", {
    description: "Loads in which rows of other tenants were found",
    unit: "{load}",
  })
  const dropped = meter.createCounter("tenant_failsafe.dropped_rows", {
    description: "Rows of other tenants that were fetched in vain",
    unit: "{row}",
  })
  return {
    write(record) {
      const attributes = { relation: relationOf(record) }
      const isError = record.event === "tenant_leak" && record.severity === "error"
      // What row security let pass was counted with its load.
      if (!isError) {
        leaks.add(record.events, attributes)
        dropped.add(record.dropped, attributes)
      }
      logger?.emit({
        eventName: record.event,
        severityNumber: isError ? error : warn,
        body: describeRecord(record),
        attributes: { ...record },
      })
    },
    traceId: () => trace.getActiveSpan()?.spanContext().traceId,
  }
}

function relationOf(record: LeakRecord): string {
  if (record.event === "tenant_leak_overflow") return "(overflow)"
  return record.relation === null ? record.owner : `${record.owner}.${record.relation}`
}

/** The API keeps its state on globalThis: whichever copy is found, it is the application's. */
function loadApi(): Api {
  try {
    return createRequire(import.meta.url)("@opentelemetry/api") as Api
  } catch (cause) {
    throw new TenantFailsafeError(
      "NOT_INSTALLED",
      "openTelemetry() needs the package @opentelemetry/api. Install it beside tenant-failsafe.",
      { package: "@opentelemetry/api" },
      { cause },
    )
  }
}
