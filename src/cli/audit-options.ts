import { commandArguments, oneOf } from "./command-arguments.ts"
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
  const { values } = commandArguments("audit", args, options, false)
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
