import { appendFileSync } from "node:fs"
import { appendFile } from "node:fs/promises"
import type { Writable } from "node:stream"
import { invalid } from "../core/options.ts"
import type { LeakRecord } from "../core/leak-report.ts"
import type { LeakSink } from "./leak-sink.ts"

/**
 * A sink that writes JSON lines to a file or a stream. A file is opened anew for each batch of whole lines: it survives that something
 * moves it away, and several processes may share it. Its folder must exist.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`
 *
 * @example
 * reportLeaks({ to: jsonLines("/var/log/shop/leaks.ndjson") })
 */
export function jsonLines(target: string | URL | Writable): LeakSink {
  if (typeof target === "string" || target instanceof URL) return toFile(target)
  if (typeof (target as Writable | undefined)?.write === "function") return toStream(target)
  throw invalid("jsonLines() needs a path or a writable stream.", { option: "to" })
}

interface Batch {
  lines: string[]
  readonly written: Promise<void>
}

function toFile(path: string | URL): LeakSink {
  let open: Batch | undefined
  let last: Promise<unknown> = Promise.resolve()
  const begin = (): Batch => {
    const batch: Batch = { lines: [], written: writeAfter(last, () => takeLines(batch)) }
    // The next batch follows this one also when it failed; whoever wrote knows.
    last = batch.written.catch(() => undefined)
    return batch
  }
  const takeLines = (batch: Batch): string => {
    open = undefined
    return batch.lines.join("")
  }
  const writeAfter = async (before: Promise<unknown>, take: () => string): Promise<void> => {
    await before
    await appendFile(path, take())
  }
  return {
    write(record) {
      open ??= begin()
      open.lines.push(lineOf(record))
      return open.written
    },
    flushSync() {
      if (open === undefined) return
      const { lines } = open
      open.lines = []
      appendFileSync(path, lines.join(""))
    },
  }
}

function toStream(stream: Writable): LeakSink {
  // Without a listener, a stream that fails would end the process; write() tells who wrote.
  stream.on("error", () => undefined)
  return {
    write: (record) =>
      new Promise<void>((resolve, reject) => {
        stream.write(lineOf(record), (error) => (error == null ? resolve() : reject(error)))
      }),
  }
}

function lineOf(record: LeakRecord): string {
  return `${JSON.stringify(record)}\n`
}
