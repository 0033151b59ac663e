import { readFileSync, writeFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import type { Ledger } from "../../src/cli/ledger.ts"
import { renderPage } from "../../src/cli/page/render-page.ts"
import { inFolder } from "./support/folder.ts"
import { fingerprint, overflow, recordOf } from "./support/records.ts"
import { runCommand } from "./support/terminal.ts"

const log = `${JSON.stringify(recordOf())}\n`

describe("what is no option", () => {
  it.each([
    [["leaks", "--formt", "json"], "'--formt' is no option of tenant-failsafe leaks. Did you mean '--format'?"],
    [["leaks", "--base-line=x"], "'--base-line' is no option of tenant-failsafe leaks. Did you mean '--baseline'?"],
    [["leaks", "--xyzzyx"], "'--xyzzyx' is no option of tenant-failsafe leaks."],
    [["leaks", "-x"], "'-x' is no option of tenant-failsafe leaks."],
    [
      ["leaks", "--format", "jsn"],
      "--format takes table, json, markdown, github, sarif, not 'jsn'. Did you mean 'json'?",
    ],
    [
      ["leaks", "--what", "dropped,kep"],
      "--what takes dropped, kept, reference, root, unknown, write, no-tenant, unloaded-write, rls-not-held, not 'kep'. Did you mean 'kept'?",
    ],
    [
      ["leaks", "--what", ""],
      "--what takes dropped, kept, reference, root, unknown, write, no-tenant, unloaded-write, rls-not-held, not ''.",
    ],
    [
      ["leaks", "--since", "yesterday"],
      "--since takes a date such as 2026-11-01, or an age such as 90m, 24h or 7d, not 'yesterday'.",
    ],
    [
      ["leaks", "--since", "2026-13-01"],
      "--since takes a date such as 2026-11-01, or an age such as 90m, 24h or 7d, not '2026-13-01'.",
    ],
    [["leaks", "--prune"], "--update-baseline and --prune need --baseline <path>."],
    [["leaks", "--update-baseline"], "--update-baseline and --prune need --baseline <path>."],
    [["leks", "app.log"], "'leks' is no command of tenant-failsafe. Did you mean 'leaks'? See --help."],
    [["--verson"], "'--verson' is no option of tenant-failsafe. Did you mean '--version'? See --help."],
    [["a\u001B[2J"], "'a\uFFFD[2J' is no command of tenant-failsafe. See --help."],
  ])("%j is refused: %s", async (args, message) => {
    expect(await runCommand(args, { piped: log })).toEqual({
      code: 2,
      stdout: "",
      stderr: `tenant-failsafe: ${message}\n`,
    })
  })

  it.each([[["leaks", "--format"]], [["leaks", "--html"]], [["leaks", "--prune=yes", "--baseline", "x"]]])(
    "%j is refused",
    async (args) => {
      const { code, stdout, stderr } = await runCommand(args, { piped: log })

      expect({ code, stdout, isTold: stderr.startsWith("tenant-failsafe: Option '") }).toEqual({
        code: 2,
        stdout: "",
        isTold: true,
      })
    },
  )
})

describe("a file", () => {
  it("may begin with a dash, behind --", async () => {
    const { stderr } = await runCommand(["leaks", "--", "--format"])

    expect(stderr).toContain("'--format' cannot be read: ENOENT")
  })
})

describe("filters", () => {
  const at = (time: string, number: number) => recordOf({ lastSeen: time, fingerprint: fingerprint(number) })
  // The tests' now is 2026-11-22T12:00Z.
  const times = ["2026-11-15T12:00:00.000Z", "2026-11-21T12:00:00.000Z", "2026-11-22T11:30:00.000Z"]
  const records = times.map((time, index) => at(time, index))
  const piped = records.map((record) => `${JSON.stringify(record)}\n`).join("")

  const numbersWith = async (input: string, ...args: readonly string[]): Promise<string[]> => {
    const { stdout } = await runCommand(["leaks", "-", "-f", "json", ...args], { piped: input })
    return (JSON.parse(stdout) as Ledger).entries.map((entry) => `${entry.what} ${Number(entry.fingerprint.slice(3))}`)
  }

  it.each([
    ["30m", ["dropped 2"]],
    ["24h", ["dropped 1", "dropped 2"]],
    ["6d", ["dropped 1", "dropped 2"]],
    ["1w", ["dropped 0", "dropped 1", "dropped 2"]],
    ["2026-11-22", ["dropped 2"]],
    ["2026-11-21T12:00:00Z", ["dropped 1", "dropped 2"]],
    ["2026-11-21T14:00:00+01:00", ["dropped 2"]],
  ])("leave what was last seen since %s", async (since, expected) => {
    expect(await numbersWith(piped, "--since", since)).toEqual(expected)
  })

  it("leave the kinds that are asked for", async () => {
    const kinds = (["dropped", "kept", "root"] as const).map(
      (what) => `${JSON.stringify(recordOf({ what, fingerprint: fingerprint(1) }))}\n`,
    )

    expect(await numbersWith(kinds.join(""), "--what", "kept,root")).toEqual(["kept 1", "root 1"])
  })

  it("leave what is not told apart, since it may be of any kind", async () => {
    const { stdout } = await runCommand(["leaks", "-", "--what", "kept", "-f", "json"], {
      piped: JSON.stringify(overflow),
    })

    expect((JSON.parse(stdout) as Ledger).overflow.events).toBe(3)
  })
})

describe("--html", () => {
  it("writes the page, beside the report", async () => {
    const path = inFolder()("leaks.html")

    const { code, stdout } = await runCommand(["leaks", "-", "--html", path, "--format", "json"], { piped: log })

    const { fixed: _, ...ledger } = JSON.parse(stdout) as Ledger & { fixed: unknown }
    expect(code).toBe(1)
    expect(readFileSync(path, "utf8")).toBe(renderPage(ledger, new Date("2026-11-22T12:00:00Z")))
  })

  it("is bad input where it cannot be written, and what was there stays", async () => {
    const path = inFolder()("a.txt")
    writeFileSync(path, "it was there")

    const { code, stderr } = await runCommand(["leaks", "-", "--html", `${path}/leaks.html`], { piped: log })

    expect({ code, content: readFileSync(path, "utf8") }).toEqual({ code: 2, content: "it was there" })
    expect(stderr).toContain("leaks.html' cannot be written: ENOTDIR")
  })
})

describe("help", () => {
  it.each([[["--help"]], [["-h"]], [["help"]], [["leaks", "--help"]], [["leaks", "-h"]], [["help", "leaks"]]])(
    "%j names exit codes and options",
    async (args) => {
      const { code, stdout, stderr } = await runCommand(args)

      expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
      expect(stdout).toMatch(
        /^Usage: tenant-failsafe (?:<command>|leaks)[^]+Examples:\n[^]+\nExit codes: 0 clean, 1 leaks found/m,
      )
    },
  )

  it("names each option of leaks", async () => {
    const { stdout } = await runCommand(["leaks", "--help"])

    const options = ["format", "html", "since", "what", "baseline", "update-baseline", "prune", "color", "help"]
    expect(options.filter((name) => !stdout.includes(`--${name}`))).toEqual([])
  })

  it("fits into the width of a terminal", async () => {
    const { stdout } = await runCommand(["leaks", "--help"])

    expect(stdout.split("\n").filter((line) => line.length > 100)).toEqual([])
  })

  it("goes to stderr where no command was given", async () => {
    const { code, stdout, stderr } = await runCommand([])

    expect({ code, stdout, isHelp: stderr.includes("Usage: tenant-failsafe") }).toEqual({
      code: 2,
      stdout: "",
      isHelp: true,
    })
  })
})

it("--version is the package's", async () => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string }

  expect(await runCommand(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" })
})
