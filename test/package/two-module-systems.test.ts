import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { install, readManifest, type Installed } from "./support/install.ts"

const { exports: entries } = await readManifest()
const names = Object.keys(entries)
  .filter((path) => path !== "./package.json")
  .map((path) => path.replace(".", "tenant-failsafe"))
const users = [
  "the application's import",
  "a dependency's import",
  "the application's require",
  "a dependency's require",
]
const everybody = (tenant: string) => Object.fromEntries(users.map((user) => [user, tenant]))

let installed: Installed | undefined

beforeAll(async () => {
  installed = await install()
})

afterAll(() => installed?.remove())

describe("the built package", () => {
  it.each(["import", "require"])("gives %s all that its entries export", async (system) => {
    const found = await installed!.run("exports.mjs", system, ...names)

    expect(names).toContain("tenant-failsafe/typeorm")
    expect(found).toEqual(Object.fromEntries(await Promise.all(names.map(exportsOf))))
  })

  it.each(["import", "require"])("gives %s nothing else", async (system) => {
    const hidden = ["tenant-failsafe/core/scope", "tenant-failsafe/dist/core/scope.js"]

    expect(await installed!.run("exports.mjs", system, ...hidden)).toEqual(
      Object.fromEntries(hidden.map((name) => [name, "ERR_PACKAGE_PATH_NOT_EXPORTED"])),
    )
  })
})

describe.each([
  ["import before require", ["import", "require"]],
  ["require before import", ["require", "import"]],
])("an application and its dependency, each with a copy of the package, by %s", (_, systems) => {
  it("see each other's withTenant and tenantScope", async () => {
    const shared = { withTenant: everybody("acme"), tenantScope: everybody("acme") }

    expect(await installed!.run("sharing.mjs", "tenant-failsafe", ...systems)).toEqual({
      copies: 2,
      opened: Object.fromEntries(users.map((user) => [user, shared])),
      after: everybody("none"),
    })
  })

  it("would not, were the scope kept in the module: the check would catch it", async () => {
    const report = (await installed!.run("sharing.mjs", "naive", ...systems)) as { copies: number; opened: object }

    expect(report.copies).toBe(2)
    expect(report.opened).toMatchObject({
      "the application's import": {
        withTenant: { "the application's require": "acme", "a dependency's import": "none" },
        tenantScope: { "the application's require": "acme", "a dependency's import": "none" },
      },
    })
  })
})

/** What an entry exports, according to its source. */
async function exportsOf(name: string): Promise<[name: string, exports: string[]]> {
  const source = new URL(`../../src${name.slice("tenant-failsafe".length)}/index.ts`, import.meta.url)
  return [name, Object.keys((await import(source.href)) as object).toSorted()]
}
