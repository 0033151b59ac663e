import { subscribe, unsubscribe } from "node:diagnostics_channel"

/** What the bypass channel published while `run` was running. */
export function bypassRecordsOf(run: () => unknown): unknown[] {
  const records: unknown[] = []
  const collect = (record: unknown): unknown => records.push(record)
  subscribe("tenant-failsafe:bypass", collect)
  try {
    run()
  } finally {
    unsubscribe("tenant-failsafe:bypass", collect)
  }
  return records
}
