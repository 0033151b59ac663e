import { parseArgs } from "node:util"
import { didYouMean } from "../core/closest-name.ts"
import { withoutSecrets } from "./rls-secrets.ts"
import { BadInput } from "./terminal.ts"

/** What `tenant-failsafe audit` is told. */
export interface AuditCommandOptions {
  /** The path of the application's module. */
  readonly app: string
  readonly url: string
  /** Undefined for the one that connects. */
  readonly role: string | undefined
  readonly format: "table" | "json" | "sarif"
  readonly failOn: "error" | "warn"
  readonly color: boolean | undefined
}

const options = {
  app: { type: "string" },
  url: { type: "string" },
  role: { type: "string" },
  format: { type: "string", short: "f" },
  "fail-on": { type: "string" },
  color: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const

/**
 * The options in these arguments; undefined where help was asked for.
 *
 * @throws {BadInput} for what is no option, or no value of one
 */
export function readAuditOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): AuditCommandOptions | undefined {
  const values = parsed(args)
  if (values.help === true) return undefined
  const url = values.url ?? env["DATABASE_URL"]
  if (values.app === undefined) throw new BadInput("audit needs --app <module>. See tenant-failsafe audit --help.")
  if (!url) throw new BadInput("audit needs a database: set DATABASE_URL, or give --url.")
  return {
    app: values.app,
    url,
    role: values.role,
    format: oneOf(values.format ?? "table", ["table", "json", "sarif"], "--format"),
    failOn: oneOf(values["fail-on"] ?? "error", ["error", "warn"], "--fail-on"),
    color: values.color,
  }
}

function oneOf<Word extends string>(value: string, words: readonly Word[], option: string): Word {
  const found = words.find((word) => word === value)
  if (found !== undefined) return found
  throw new BadInput(`${option} takes ${words.join(", ")}, not '${withoutSecrets(value)}'.${didYouMean(value, words)}`)
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowNegative: true }).values
  } catch (error) {
    const { message } = error as Error
    const unknown = /^Unknown option '(?<name>[^']+)'/.exec(message)?.groups?.["name"]
    // An address that stands where no argument belongs may hold a password.
    if (unknown === undefined) throw new BadInput(withoutSecrets(message))
    const names = Object.keys(options).map((name) => `--${name}`)
    throw new BadInput(
      `'${withoutSecrets(unknown)}' is no option of tenant-failsafe audit.${didYouMean(unknown, names)}`,
    )
  }
}
