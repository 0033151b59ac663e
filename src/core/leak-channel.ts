import { channel, subscribe, unsubscribe } from "node:diagnostics_channel"
import type { LeakReport } from "./leak-report.ts"

const name = "tenant-failsafe:leak"
const leaks = channel(name)
const listeners = sharedListeners()

/** Sees records; `expect` is told of one that comes later, when the promise resolves. */
export interface LeakObserver {
  (report: LeakReport): void
  readonly expect?: (report: Promise<void>) => void
}

/**
 * Publishes a record on `node:diagnostics_channel` `"tenant-failsafe:leak"` and hands it to the observers of the current context.
 * A record that neither an observer nor `reportLeaks` takes goes to stderr as a JSON line: a leak is never silent.
 */
export function publishLeak(report: LeakReport, observers: readonly LeakObserver[]): void {
  leaks.publish(report)
  for (const observe of observers) observe(report)
  if (observers.length === 0 && listeners.size === 0) writeToStderr(report)
}

/** Takes all records from now on, instead of stderr, until the returned function is called. `take` must not throw. */
export function takeLeaks(take: (report: LeakReport) => void): () => void {
  const listener = (report: unknown): void => take(report as LeakReport)
  subscribe(name, listener)
  listeners.add(listener)
  return () => {
    unsubscribe(name, listener)
    listeners.delete(listener)
  }
}

export function writeToStderr(record: object): void {
  process.stderr.write(`${JSON.stringify(record)}\n`)
}

/** Shared by the copies of the package in one process, as the channel is: one copy's sinks take the other's records. */
function sharedListeners(): Set<unknown> {
  const place = Symbol.for("tenant-failsafe/leak-listeners@1")
  const holder = globalThis as { [place]?: Set<unknown> }
  return (holder[place] ??= new Set())
}
