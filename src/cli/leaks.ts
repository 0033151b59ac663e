import { readBaseline, writeBaseline } from "./baseline.ts"
import { compare, updated } from "./compare.ts"
import { leaksHelp } from "./help.ts"
import { accepting, readLeaksOptions, type Format } from "./leaks-options.ts"
import type { Ledger } from "./ledger.ts"
import { findLogs } from "./log-files.ts"
import { githubAnnotations } from "./output-github.ts"
import { jsonReport } from "./output-json.ts"
import { markdownReport } from "./output-markdown.ts"
import { sarifReport } from "./output-sarif.ts"
import { tableReport } from "./output-table.ts"
import { counted, type Output } from "./output.ts"
import { styleOf } from "./output-style.ts"
import { renderPage } from "./page/render-page.ts"
import { progressOn } from "./progress.ts"
import { readLogs } from "./read-logs.ts"
import { BadInput, type Terminal } from "./terminal.ts"
import { writeWhole } from "./write-file.ts"

const outputs: Readonly<Record<Format, Output>> = {
  table: tableReport,
  json: jsonReport,
  markdown: markdownReport,
  github: githubAnnotations,
  sarif: sarifReport,
}

/**
 * `tenant-failsafe leaks`: logs to a report. The exit code says whether there are leaks, new ones where there is a baseline.
 *
 * @throws {BadInput} where the report would not be the whole truth
 */
export async function leaks(args: readonly string[], terminal: Terminal): Promise<0 | 1> {
  const options = readLeaksOptions(args, terminal.now)
  if (options.help) {
    terminal.stdout.write(leaksHelp)
    return 0
  }
  const { baseline, html, format, what } = options
  const files = await findLogs(inputsOf(options.files, terminal))
  const known = baseline === undefined ? undefined : await readBaseline(baseline)
  const ledger = await readLogs(files, terminal.stdin, accepting(options), progressOn(terminal))
  if (options.files.length === 0 && ledger.input.bytes === 0) throw new BadInput(nothingToRead)
  const comparison = compare(ledger, known, what)
  terminal.stdout.write(outputs[format](ledger, comparison, styleOf(terminal, options.color)))
  warn(ledger, terminal)
  if (html !== undefined) await writeWhole(html, renderPage(ledger, terminal.now))
  if (baseline !== undefined && (options.updatesBaseline || options.prunes)) {
    await writeBaseline(baseline, updated(ledger, known ?? [], comparison, options))
  }
  const isLeaking = ledger.entries.some(comparison.isNew) || ledger.overflow.events > 0
  return isLeaking && !options.updatesBaseline ? 1 : 0
}

const nothingToRead = "leaks needs files, or a log that is piped in. See tenant-failsafe leaks --help."

/** A job without a terminal has an empty standard input: that nothing was found in it would mean nothing. */
function inputsOf(files: readonly string[], { stdin }: Terminal): readonly string[] {
  if (files.length > 0) return files
  if (stdin.isTTY === true) throw new BadInput(nothingToRead)
  return ["-"]
}

function warn({ input: { unreadable } }: Ledger, { stderr }: Terminal): void {
  if (unreadable === 0) return
  const subject = unreadable === 1 ? "1 line names" : `${counted(unreadable, "line")} name`
  stderr.write(`tenant-failsafe: ${subject} a leak and could not be read: cut off, or written by another version.\n`)
}
