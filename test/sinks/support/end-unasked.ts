// Run in a child process: ends while a database is being asked why row security did not hold; the second argument is the file of its records.
import { RowSecurityWatch } from "../../../src/core/row-security-watch.ts"
import { withTenant } from "../../../src/core/scope.ts"
import { jsonLines, reportLeaks } from "../../../src/sinks/index.ts"
import { reportOf } from "./report.ts"

const [, , ending, file] = process.argv
reportLeaks({ to: jsonLines(file!) })
const watch = new RowSecurityWatch(() => new Promise(() => {}))
withTenant(1, () => watch.saw(reportOf(), []))

if (ending === "exits") process.exit(0)
if (ending === "crashes") throw new Error("crash")
