import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { beforeAll, describe, expect, it } from "vitest"
import type { Refusal } from "./support/refusal.ts"

const script = fileURLToPath(new URL("support/lose-scope.ts", import.meta.url))
const lines = readFileSync(script, "utf8").split("\n")
const advice = "Wrap the caller in withTenant(id, fn); a callback that lost its scope keeps it with bindTenant(fn)."

/** The place of the one line of the script that holds a text. */
function at(text: string): string {
  const [index, ...others] = lines.keys().filter((key) => lines[key]!.includes(text))
  if (index === undefined || others.length > 0) throw new Error(`Not exactly one line holds ${text}.`)
  return `test/core/support/lose-scope.ts:${index + 1}`
}

describe("an error outside any scope", () => {
  let refused: Record<string, Refusal>

  beforeAll(async () => {
    // Node 22.17 strips types on demand only, and warns; later versions do it by themselves.
    const stripTypes = "--experimental-strip-types"
    const flags = process.allowedNodeEnvironmentFlags.has(stripTypes) ? [stripTypes] : []
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, "--no-warnings", script])
    refused = JSON.parse(stdout) as Record<string, Refusal>
  })

  it.each([
    [
      "asks for tenantScope while no scope was ever opened",
      "never opened",
      `, in the code at ${at('importOrder("never opened")')}. No scope was opened in this process so far: is tenantScope registered?`,
    ],
    ["names the code of a script", "script", `, in the code at ${at('importOrder("script")')}.`],
    [
      "names the listener that lost it, who called it, and from where",
      "listener",
      `, in EventEmitter.onOrder (${at("function onOrder")}), which node:events called from Immediate.receiveOrder ` +
        `(${at("function receiveOrder")}).`,
    ],
    ["names the callback of a timer", "timer", `, in the code at ${at("setTimeout(() =>")}, which node:timers called.`],
    [
      "names the outermost of the functions that await each other",
      "awaiting",
      `, in the code at ${at("setImmediate(async () =>")}.`,
    ],
    [
      "says that the scope is still to be decided",
      "pending",
      `, in the code at ${at("setImmediate(() => runPending")}, which node:timers called. The scope of this request is still ` +
        "undecided: TenantGuard has not run.",
    ],
  ])("%s", (_, name, where) => {
    expect(refused[name]!.message).toBe(`requireTenant() was called outside any tenant scope${where} ${advice}`)
  })

  it("tells programs the place, too", () => {
    expect(refused["listener"]).toMatchObject({
      code: "TENANT_MISSING",
      details: { call: "requireTenant()", entryPoint: at("function onOrder") },
    })
  })
})
