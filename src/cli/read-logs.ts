import type { Readable } from "node:stream"
import type { LeakRecord } from "../core/leak-report.ts"
import { LedgerBuilder } from "./ledger-builder.ts"
import type { Ledger } from "./ledger.ts"
import { LineFinder } from "./line-finder.ts"
import { openLog, totalSize, type LogFile } from "./log-files.ts"
import type { Progress } from "./progress.ts"
import { recordNeedle, recordsIn } from "./records-in-line.ts"
import { BadInput } from "./terminal.ts"
import { unzipped } from "./unzipped.ts"

/** Which records count. */
export type Accepts = (record: LeakRecord) => boolean

/**
 * Reads logs into a ledger: files, or what is piped in. Constant memory, whatever their size.
 *
 * @throws {BadInput} for one that cannot be read to its end
 */
export async function readLogs(
  files: readonly LogFile[],
  stdin: Readable,
  accepts: Accepts,
  progress: Progress,
): Promise<Ledger> {
  const builder = new LedgerBuilder()
  const input = { files: files.length, bytes: 0, lines: 0, records: 0, unreadable: 0 }
  const onLine = (line: Buffer): void => {
    const { records, isUnreadable } = recordsIn(line.toString("utf8"))
    if (isUnreadable) input.unreadable++
    input.records += records.length
    for (const record of records) if (accepts(record)) builder.add(record)
  }
  progress.expect(totalSize(files))
  for (const file of files) {
    const finder = new LineFinder(recordNeedle, onLine)
    await readInto(finder, file, stdin, progress)
    input.bytes += finder.counts.bytes
    input.lines += finder.counts.lines
    input.unreadable += finder.counts.tooLong
  }
  progress.end()
  return builder.build(input)
}

async function readInto(finder: LineFinder, file: LogFile, stdin: Readable, progress: Progress): Promise<void> {
  try {
    const raw = counted(openLog(file, stdin), progress)
    for await (const chunk of unzipped(raw)) finder.push(chunk)
    finder.end()
  } catch (error) {
    progress.end()
    const subject = file.path === "-" ? "The piped input" : `'${file.path}'`
    throw new BadInput(`${subject} cannot be read to its end: ${(error as Error).message}`)
  }
}

async function* counted(raw: Readable, progress: Progress): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of raw as AsyncIterable<Buffer>) {
    progress.add(chunk.length)
    yield chunk
  }
}
