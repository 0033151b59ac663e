import type { OutputStyle } from "./output.ts"
import type { Terminal } from "./terminal.ts"

const narrowest = 60
const widest = 160

/** Colours where somebody sees them, unless they were asked for or forbidden; as wide as the terminal is, within bounds. */
export function styleOf({ stdout, env }: Terminal, color: boolean | undefined): OutputStyle {
  const columns = stdout.columns ?? (Number(env["COLUMNS"]) || 120)
  return {
    color: color ?? wantsColor(stdout.isTTY === true, env),
    columns: Math.min(Math.max(columns, narrowest), widest),
  }
}

function wantsColor(isTTY: boolean, env: Terminal["env"]): boolean {
  if (env["NO_COLOR"]) return false
  if (env["FORCE_COLOR"]) return env["FORCE_COLOR"] !== "0"
  return isTTY && env["TERM"] !== "dumb"
}
