import { didYouMean } from "../core/closest-name.ts"
import { audit } from "./audit.ts"
import { auditHelp } from "./audit-help.ts"
import { cleanCode, cleanLine } from "./clean-text.ts"
import { help, leaksHelp } from "./help.ts"
import { leaks } from "./leaks.ts"
import { packageVersion } from "./package-version.ts"
import { rls } from "./rls.ts"
import { rlsHelp } from "./rls-help.ts"
import { BadInput, type Terminal } from "./terminal.ts"

const commands = ["leaks", "rls", "audit", "help"]
const options = ["--help", "--version"]

/** Runs `tenant-failsafe` with these arguments; returns the exit code: 0 clean, 1 something found, 2 bad input or a crash. */
export async function run(args: readonly string[], terminal: Terminal): Promise<0 | 1 | 2> {
  try {
    return await runCommand(args, terminal)
  } catch (error) {
    // An exit code of 1 would say that something was found.
    const text =
      error instanceof BadInput ? cleanLine(error.message) : cleanCode((error as Error).stack ?? String(error))
    terminal.stderr.write(`tenant-failsafe: ${text}\n`)
    return 2
  }
}

async function runCommand([command, ...rest]: readonly string[], terminal: Terminal): Promise<0 | 1 | 2> {
  switch (command) {
    case undefined:
      terminal.stderr.write(help)
      return 2
    case "help":
    case "--help":
    case "-h":
      terminal.stdout.write(helpOf(rest[0]))
      return 0
    case "--version":
    case "-v":
      terminal.stdout.write(`${packageVersion()}\n`)
      return 0
    case "leaks":
      return leaks(rest, terminal)
    case "rls":
      return rls(rest, terminal)
    case "audit":
      return audit(rest, terminal)
    default:
      throw command.startsWith("-") ? unknown("option", command, options) : unknown("command", command, commands)
  }
}

function helpOf(command: string | undefined): string {
  if (command === "leaks") return leaksHelp
  if (command === "audit") return auditHelp
  return command === "rls" ? rlsHelp : help
}

function unknown(kind: string, name: string, known: readonly string[]): BadInput {
  return new BadInput(`'${name}' is no ${kind} of tenant-failsafe.${didYouMean(name, known)} See --help.`)
}
