// Run in a child process: detects a leak three times and ends as the first argument says; the second one is the file of its records.
import { publishLeak } from "../../../src/core/leak-channel.ts"
import { jsonLines, reportLeaks } from "../../../src/sinks/index.ts"
import { reportOf } from "./report.ts"

const [, , ending, file] = process.argv
reportLeaks({ to: jsonLines(file!) })
for (let index = 0; index < 3; index++) publishLeak(reportOf(), [])

if (ending === "exits") process.exit(0)
if (ending === "crashes") throw new Error("crash")
