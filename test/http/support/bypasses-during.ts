import { subscribe, unsubscribe } from "node:diagnostics_channel"
import type { BypassRecord } from "../../../src/index.ts"

/** What the bypass channel published until `run` was done. */
export async function bypassesDuring(run: () => Promise<unknown>): Promise<readonly BypassRecord[]> {
  const records: BypassRecord[] = []
  const collect = (record: unknown): unknown => records.push(record as BypassRecord)
  subscribe("tenant-failsafe:bypass", collect)
  try {
    await run()
  } finally {
    unsubscribe("tenant-failsafe:bypass", collect)
  }
  return records
}
