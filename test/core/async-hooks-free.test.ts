import { execFile } from "node:child_process"
import { createRequire } from "node:module"
import { promisify } from "node:util"
import { createNamespace } from "cls-hooked"
import { describe, expect, it } from "vitest"
import { currentTenant, withTenant } from "../../src/index.ts"
import { hooked } from "./support/hooked.ts"

describe("a test, of this package or any framework or ORM, runs where", () => {
  it.each(Object.keys(hooked) as (keyof typeof hooked)[])("a module that calls %s throws", (name) => {
    expect(hooked[name]).toThrow(`forbidden: ${name.startsWith("enterWith") ? "AsyncLocalStorage" : "async_hooks"}.`)
  })

  it.each(["async_hooks", "node:async_hooks"])("a dependency that requires %s gets no createHook", (name) => {
    const { createHook } = createRequire(import.meta.url)(name) as typeof import("node:async_hooks")

    expect(() => createHook({})).toThrow("forbidden: async_hooks.createHook")
  })

  it("cls-hooked 4.2.2 cannot make a namespace", () => {
    expect(() => createNamespace("shop")).toThrow("forbidden: async_hooks.createHook")
  })

  it("an enterWith throws whatever is set for stack traces", () => {
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    try {
      expect(hooked.enterWith).toThrow("forbidden: AsyncLocalStorage.enterWith")
      expect(withTenant("acme", currentTenant)).toBe("acme")
    } finally {
      Error.stackTraceLimit = stackTraceLimit
    }
  })
})

describe("the scope without async_hooks", () => {
  it("works in a process in which createHook, execution ids and enterWith throw", async () => {
    const { stdout, stderr } = await runForbidden(new URL("support/exercise-scope.ts", import.meta.url).href)

    expect(stderr).toBe("")
    expect(JSON.parse(stdout)).toEqual({
      withTenant: "acme",
      requireTenant: "acme",
      withTenants: "tenants",
      withoutTenant: "bypass",
      switchTenant: "acme",
      bindTenant: "acme",
      bindTenantIterable: ["acme", "acme"],
      tenantJob: "acme",
      after: "undefined",
    })
  })

  it.each([
    ["createHook", 'import { createHook } from "node:async_hooks"; createHook({}).enable()'],
    ["createHook", 'import hooks from "async_hooks"; hooks.createHook({}).enable()'],
    ["executionAsyncId", 'import { executionAsyncId } from "node:async_hooks"; executionAsyncId()'],
    ["enterWith", 'import { AsyncLocalStorage } from "node:async_hooks"; new AsyncLocalStorage().enterWith(1)'],
    [
      "enterWith",
      'import { AsyncLocalStorage } from "node:async_hooks"; const s = new AsyncLocalStorage(); s.run(1, () => s.enterWith(2))',
    ],
  ])("would catch a module that calls %s", async (name, source) => {
    const { stderr } = await runForbidden(`data:text/javascript,${encodeURIComponent(source)}`)

    expect(stderr).toMatch(new RegExp(`Error: forbidden: \\w+\\.${name}\n`))
  })
})

/** Imports a module in a child process without async_hooks. */
async function runForbidden(module: string): Promise<{ stdout: string; stderr: string }> {
  const preload = new URL("support/forbid-async-hooks.ts", import.meta.url).href
  // Node 22.17 strips types on demand only, and warns; later versions do it by themselves.
  const stripTypes = "--experimental-strip-types"
  const flags = process.allowedNodeEnvironmentFlags.has(stripTypes) ? [stripTypes] : []
  const args = [
    ...flags,
    "--no-warnings",
    "--import",
    preload,
    "--input-type=module",
    "--eval",
    `import ${JSON.stringify(module)}`,
  ]
  try {
    return await promisify(execFile)(process.execPath, args)
  } catch (error) {
    if (error instanceof Error && "stdout" in error && "stderr" in error) {
      return { stdout: String(error.stdout), stderr: String(error.stderr) }
    }
    throw error
  }
}
