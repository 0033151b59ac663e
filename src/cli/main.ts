#!/usr/bin/env node
import { run } from "./run.ts"

const { stdin, stdout, stderr, env } = process

for (const stream of [stdout, stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    // Whoever reads the report may stop reading, as `head` does: the exit code still tells whether there are leaks.
    if (error.code !== "EPIPE") process.exit(2)
  })
}
process.exitCode = await run(process.argv.slice(2), { stdin, stdout, stderr, env, now: new Date() })
