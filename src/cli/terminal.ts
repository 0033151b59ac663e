import type { Readable, Writable } from "node:stream"

/** What a command reads and writes: the process's own, or a test's. */
export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: Date
}

/** What the user gave is wrong: exit code 2, with this message. */
export class BadInput extends Error {
  override readonly name = "BadInput"
}
