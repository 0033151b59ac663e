import { createReadStream } from "node:fs"
import { stat } from "node:fs/promises"
import type { Readable } from "node:stream"
import { BadInput } from "./terminal.ts"

/** A log that can be read: a file, or `-` for what is piped in. */
export interface LogFile {
  readonly path: string
  /** Bytes; undefined where it is not known beforehand. */
  readonly size: number | undefined
}

/**
 * The files behind these paths, each once: a shell's `*.log` names a file, and the link to it as well.
 *
 * @throws {BadInput} for one that does not exist, or is no file
 */
export async function findLogs(paths: readonly string[]): Promise<LogFile[]> {
  const files = new Map<string, LogFile>()
  for (const path of paths) {
    if (path === "-") {
      files.set(path, { path, size: undefined })
      continue
    }
    const found = await stat(path).catch((error: Error) => {
      throw new BadInput(`'${path}' cannot be read: ${error.message}`)
    })
    if (found.isDirectory()) throw new BadInput(`'${path}' is a folder. Name the files in it.`)
    const file = `${found.dev}:${found.ino}`
    if (!files.has(file)) files.set(file, { path, size: found.isFile() ? found.size : undefined })
  }
  return [...files.values()]
}

/** Undefined where the size of one is not known. */
export function totalSize(files: readonly LogFile[]): number | undefined {
  return files.reduce<number | undefined>(
    (total, { size }) => (total === undefined || size === undefined ? undefined : total + size),
    0,
  )
}

/** The content of a log as it is stored. */
export function openLog({ path }: LogFile, stdin: Readable): Readable {
  return path === "-" ? stdin : createReadStream(path, { highWaterMark: 1 << 20 })
}
