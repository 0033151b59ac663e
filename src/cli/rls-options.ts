import { didYouMean } from "../core/closest-name.ts"
import { commandArguments } from "./command-arguments.ts"
import { withoutSecrets } from "./rls-secrets.ts"
import { BadInput } from "./terminal.ts"

/** What `tenant-failsafe rls` does. */
export type RlsAction = "plan" | "apply" | "show" | "drop"

/** What `tenant-failsafe rls` is told. */
export interface RlsOptions {
  readonly action: RlsAction
  /** The path of the application's module. */
  readonly app: string
  readonly url: string | undefined
  readonly whole: boolean
  readonly migration: "mikro-orm" | "typeorm" | undefined
  readonly name: string | undefined
  readonly format: "table" | "json"
  readonly color: boolean | undefined
}

const options = {
  app: { type: "string" },
  url: { type: "string" },
  whole: { type: "boolean" },
  migration: { type: "string" },
  name: { type: "string" },
  format: { type: "string", short: "f" },
  color: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const

const actions = ["plan", "apply", "show", "drop"] as const
const orms = ["mikro-orm", "typeorm"] as const
const formats = ["table", "json"] as const
const seeHelp = "See tenant-failsafe rls --help."

/**
 * The options in these arguments; undefined where help was asked for.
 *
 * @throws {BadInput} for what is no option, or no value of one
 */
export function readRlsOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): RlsOptions | undefined {
  const { values, positionals } = commandArguments("rls", args, options, true)
  if (values.help === true) return undefined
  const action = oneOf(positionals[0], actions, "A command of rls is needed")
  if (positionals.length > 1)
    throw new BadInput(`rls takes one command, and not '${withoutSecrets(positionals[1]!)}' as well. ${seeHelp}`)
  if (values.app === undefined) throw new BadInput(`rls ${action} needs --app <module>. ${seeHelp}`)
  const url = values.url ?? env["DATABASE_URL"]
  const whole = values.whole === true
  if (action !== "plan") assertOnly("plan", { whole: values.whole, migration: values.migration, name: values.name })
  if (action !== "show") assertOnly("show", { format: values.format })
  if (action !== "plan" && !url) throw new BadInput(`rls ${action} needs a database: set DATABASE_URL, or give --url.`)
  if (values.name !== undefined && values.migration === undefined) throw new BadInput("--name needs --migration <orm>.")
  return {
    action,
    app: values.app,
    url: whole || !url ? undefined : url,
    whole,
    migration: values.migration === undefined ? undefined : oneOf(values.migration, orms, "--migration"),
    name: values.name,
    format: oneOf(values.format ?? "table", formats, "--format"),
    color: values.color,
  }
}

function assertOnly(action: RlsAction, values: Readonly<Record<string, unknown>>): void {
  const given = Object.keys(values).find((name) => values[name] !== undefined)
  if (given !== undefined) throw new BadInput(`--${given} belongs to rls ${action}. ${seeHelp}`)
}

function oneOf<Word extends string>(value: string | undefined, words: readonly Word[], what: string): Word {
  const found = words.find((word) => word === value)
  if (found !== undefined) return found
  const given = value === undefined ? "" : `, not '${withoutSecrets(value)}'`
  throw new BadInput(
    `${what}: ${words.join(", ")}${given}.${value === undefined ? "" : didYouMean(value, words)} ${seeHelp}`,
  )
}
