import { spawn, type ChildProcessByStdio } from "node:child_process"
import type { Readable, Writable } from "node:stream"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"

const main = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url))
// Node 22.17 strips types on demand only.
const stripTypes = ["--experimental-strip-types"].filter((flag) => process.allowedNodeEnvironmentFlags.has(flag))

/** What a process was, when it was over. */
export interface Exited {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts the executable as a shell would, with pipes. */
export function start(
  args: readonly string[],
  nodeArgs: readonly string[] = [],
  script: string = main,
): ChildProcessByStdio<Writable, Readable, Readable> {
  return spawn(process.execPath, [...stripTypes, ...nodeArgs, script, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], NO_COLOR: "1", NODE_NO_WARNINGS: "1" },
  })
}

/** Runs the executable to its end, with this on its standard input. */
export async function execute(args: readonly string[], input: string | Buffer = ""): Promise<Exited> {
  const child = start(args)
  // A process that refuses its arguments does not read.
  child.stdin.on("error", () => undefined)
  child.stdin.end(input)
  return ended(child)
}

/** Resolves when a process is over. */
export async function ended(child: ChildProcessByStdio<Writable, Readable, Readable>): Promise<Exited> {
  const code = new Promise<number | null>((resolve) => child.once("close", resolve))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await code, stdout, stderr }
}
