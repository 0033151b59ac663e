import { Readable, Writable } from "node:stream"
import { run } from "../../../src/cli/run.ts"

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface Setting {
  /** What is piped in; undefined for a terminal. */
  readonly piped?: string | Buffer
  readonly columns?: number
  readonly isTTY?: boolean
  readonly env?: Readonly<Record<string, string>>
}

/** Runs the command line as a process would, at a fixed time. */
export async function runCommand(args: readonly string[], setting: Setting = {}): Promise<Ended> {
  const { piped, columns, isTTY = false, env = {} } = setting
  const out = collecting()
  const err = collecting()
  const stdin = Object.assign(Readable.from(piped === undefined ? [] : [Buffer.from(piped)]), {
    isTTY: piped === undefined,
  })
  const stdout = Object.assign(out.stream, { isTTY, ...(columns === undefined ? {} : { columns }) })
  const now = new Date("2026-11-22T12:00:00Z")
  const code = await run(args, { stdin, stdout, stderr: err.stream, env, now })
  return { code, stdout: out.text(), stderr: err.text() }
}

function collecting() {
  let text = ""
  const stream = new Writable({
    write(chunk, _, done) {
      text += String(chunk)
      done()
    },
  })
  return { stream, text: () => text }
}
