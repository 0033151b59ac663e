import type { LeakRecord } from "../core/leak-report.ts"

/** Where records go. What it throws, rejects or never resolves reaches no query. */
export interface LeakSink {
  /** Takes one record, or the promise of having taken it. */
  write(record: LeakRecord): unknown
  /** Resolves when everything that was written has arrived. Called by `stop()` and when the process has nothing else to do. */
  flush?(): unknown
  /** Like `flush`, at once: called when the process exits. */
  flushSync?(): void
  /** The trace that is active where a leak is detected. */
  traceId?(): string | undefined
}
