import { parseArgs, type ParseArgsOptionsConfig } from "node:util"
import { didYouMean } from "../core/closest-name.ts"
import { withoutSecrets } from "./rls-secrets.ts"
import { BadInput } from "./terminal.ts"

/** What a command was given: the values of its options, and the rest. */
export type CommandArguments<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: Options; allowPositionals: true; allowNegative: true }>
>

/**
 * Reads the arguments of a command.
 *
 * @throws {BadInput} for what is no option of it, and for more than options where `allowPositionals` is false
 */
export function commandArguments<const Options extends ParseArgsOptionsConfig>(
  command: string,
  args: readonly string[],
  options: Options,
  allowPositionals: boolean,
): CommandArguments<Options> {
  try {
    const config = { args: [...args], options, allowPositionals: true, allowNegative: true } as const
    return parseArgs({ ...config, allowPositionals: allowPositionals as true })
  } catch (error) {
    const { message } = error as Error
    const unknown = /^Unknown option '(?<name>[^']+)'/.exec(message)?.groups?.["name"]
    // An address that stands where no argument belongs may hold a password.
    if (unknown === undefined) throw new BadInput(withoutSecrets(message))
    const names = Object.keys(options).map((name) => `--${name}`)
    throw new BadInput(
      `'${withoutSecrets(unknown)}' is no option of tenant-failsafe ${command}.${didYouMean(unknown, names)}`,
    )
  }
}

/**
 * One of the words that an option takes.
 *
 * @throws {BadInput} for any other
 */
export function oneOf<Word extends string>(value: string, words: readonly Word[], option: string): Word {
  const found = words.find((word) => word === value)
  if (found !== undefined) return found
  throw new BadInput(`${option} takes ${words.join(", ")}, not '${withoutSecrets(value)}'.${didYouMean(value, words)}`)
}
