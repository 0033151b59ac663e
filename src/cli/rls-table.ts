import { styleText } from "node:util"
import type { LivePolicy, LiveSecurity, LiveTable } from "../postgres/index.ts"
import { cleanLine } from "./clean-text.ts"
import type { OutputStyle } from "./output.ts"
import { wrapped } from "./text-width.ts"

type Paint = (format: Parameters<typeof styleText>[0], text: string) => string

/** For people at a terminal: each table with its switches, then its policies with their conditions. */
export function securityTable(security: readonly LiveSecurity[], { color, columns }: OutputStyle): string {
  const paint: Paint = (format, text) => (color ? styleText(format, text, { validateStream: false }) : text)
  if (security.length === 0) return "No tables.\n"
  return `${security.map((table) => tableText(table, columns, paint).join("\n")).join("\n\n")}\n`
}

function tableText({ entity, live }: LiveSecurity, columns: number, paint: Paint): string[] {
  if (live === undefined) return [`${paint("bold", cleanLine(entity))}  ${paint("red", "no table in this database")}`]
  const name = cleanLine(`${live.schema}.${live.name}`)
  const head = `${paint("bold", name)}  ${switches(live, paint)}`
  return [head, ...live.policies.flatMap((policy) => policyText(policy, columns, paint))]
}

function switches({ isEnabled, isForced, policies }: LiveTable, paint: Paint): string {
  if (!isEnabled) return paint("red", policies.length === 0 ? "off" : "off, so that its policies do not hold")
  if (policies.length === 0) return paint("yellow", "on without policies: nobody sees a row but who is exempt")
  return isForced ? paint("green", "forced") : paint("yellow", "on, but not for the owner")
}

function policyText(policy: LivePolicy, columns: number, paint: Paint): string[] {
  const { name, command, type, roles, using, withCheck } = policy
  const conditions = [
    using === null ? undefined : `using ${using}`,
    withCheck === null ? undefined : `check ${withCheck}`,
  ]
  const to = roles.join() === "public" ? "" : `, to ${roles.join(", ")}`
  return [
    `  ${cleanLine(name)}  ${paint("dim", cleanLine(`${command}, ${type}${to}`))}`,
    ...conditions
      .filter((condition) => condition !== undefined)
      .flatMap((condition) => wrapped(cleanLine(condition.replace(/\s+/g, " ")), columns - 4))
      .map((line) => `    ${line}`),
  ]
}
