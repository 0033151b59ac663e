import type { LeakRecord, LeakSink } from "../../../src/sinks/index.ts"

/** A sink that keeps what it gets. `next()` gives the records one by one, also those that came before it was called. */
export function recordingSink(): LeakSink & { readonly records: LeakRecord[]; next(): Promise<LeakRecord> } {
  const records: LeakRecord[] = []
  const unread: LeakRecord[] = []
  const waiting: ((record: LeakRecord) => void)[] = []
  return {
    records,
    write(record) {
      records.push(record)
      const reader = waiting.shift()
      if (reader === undefined) unread.push(record)
      else reader(record)
    },
    next() {
      const record = unread.shift()
      return record === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(record)
    },
  }
}
