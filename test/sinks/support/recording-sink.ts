import type { LeakRecord, LeakSink } from "../../../src/sinks/index.ts"

/** A sink that keeps what it gets, and the scope in which it got it. */
export function recordingSink(): LeakSink & { readonly records: LeakRecord[]; next(): Promise<LeakRecord> } {
  const records: LeakRecord[] = []
  const waiting: ((record: LeakRecord) => void)[] = []
  return {
    records,
    write(record) {
      records.push(record)
      waiting.shift()?.(record)
    },
    next: () => new Promise((resolve) => waiting.push(resolve)),
  }
}
