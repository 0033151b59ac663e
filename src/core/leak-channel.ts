import { channel } from "node:diagnostics_channel"
import type { LeakReport } from "./leak-report.ts"

const leaks = channel("tenant-failsafe:leak")

/**
 * Publishes a record on `node:diagnostics_channel` `"tenant-failsafe:leak"` and hands it to the observers of the current context.
 * A record that no observer takes goes to stderr as a JSON line: a leak is never silent.
 */
export function publishLeak(report: LeakReport, observers: readonly ((report: LeakReport) => void)[]): void {
  leaks.publish(report)
  for (const observe of observers) observe(report)
  if (observers.length === 0) process.stderr.write(`${JSON.stringify(report)}\n`)
}
