import { spawnSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { once } from "node:events"
import { text } from "node:stream/consumers"
import { gzipSync } from "node:zlib"
import { describe, expect, it } from "vitest"
import { run } from "../../src/cli/run.ts"
import { execute, start } from "./support/executable.ts"
import { inFolder } from "./support/folder.ts"
import { fingerprint, recordOf } from "./support/records.ts"

const json = JSON.stringify(recordOf())

describe("the executable", () => {
  it("goes through a week with a baseline: found, known, new, fixed", async () => {
    const path = inFolder()
    const args = ["leaks", path("app.log"), path("app.log.1.gz"), "--baseline", path("known.json")]
    const lines = [1, 2].map((number) => `web-1 | ${JSON.stringify(recordOf({ fingerprint: fingerprint(number) }))}\n`)
    writeFileSync(path("app.log"), `started\n${lines[0]!}`)
    writeFileSync(path("app.log.1.gz"), gzipSync("older\n"))

    const codes = [
      (await execute(args)).code,
      (await execute([...args, "--update-baseline"])).code,
      (await execute(args)).code,
    ]
    writeFileSync(path("app.log"), lines[1]!)
    const last = await execute(args)

    expect([...codes, last.code]).toEqual([1, 0, 0, 1])
    expect(last).toEqual({
      code: 1,
      stderr: "",
      stdout: `Leak                What     Rows  In vain  Loads

Customer.addresses  dropped     4        4      1
  rows of other tenants dropped
  src/customers.ts:12 in listCustomers
  2026-11-20 10:15 to 2026-11-20 10:15
  v1:0000000000000002 new

Fixed since:
  Customer.addresses  dropped  src/customers.ts, listCustomers  v1:0000000000000001

1 leak, 1 of them new. Read 1 record in 2 lines of 2 files.
`,
    })
  })

  it.each([
    ["of no file", ["leaks"]],
    ["of -", ["leaks", "-"]],
  ])("reads what is piped in, in place %s", async (_, args) => {
    const { code, stdout } = await execute(args, gzipSync(`${json}\n`))

    expect({ code, summary: stdout.split("\n").at(-2) }).toEqual({
      code: 1,
      summary: "1 leak. Read 1 record in 1 line of 1 file.",
    })
  })

  it("does not take an empty standard input for a clean log", () => {
    const { status } = spawnSync(process.execPath, ["src/cli/main.ts", "leaks"], { stdio: "ignore" })

    expect(status).toBe(2)
  })

  it("has stdout for the report alone", async () => {
    const { stdout, stderr } = await execute(["leaks", "-", "--format", "json"], `${json}\n${json.slice(0, -3)}`)

    expect(() => JSON.parse(stdout) as unknown).not.toThrow()
    expect(stderr).toBe(
      "tenant-failsafe: 1 line names a leak and could not be read: cut off, or written by another version.\n",
    )
  })

  it("tells its version", async () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string }

    expect(await execute(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" })
  })

  it("ends quietly when nobody reads on, with its verdict and its baseline", async () => {
    const path = inFolder()("known.json")
    const child = start(["leaks", "-", "--format", "json", "--baseline", path, "--prune"])
    const closed = once(child, "close")
    // Far more than a pipe holds.
    for (let number = 0; number < 3000; number++) {
      child.stdin.write(`${JSON.stringify(recordOf({ fingerprint: fingerprint(number) }))}\n`)
    }
    child.stdout.once("data", () => child.stdout.destroy())
    child.stdin.end()

    expect(await text(child.stderr)).toBe("")
    expect(await closed).toEqual([1, null])
    expect(readFileSync(path, "utf8")).toBe('{\n  "v": 1,\n  "leaks": []\n}\n')
  })
})

it("a crash is not taken for a leak", async () => {
  const stderr = { text: "", write: (chunk: string) => (stderr.text += chunk) }
  const env = new Proxy({}, { get: () => { throw new Error("out of order") } }) // prettier-ignore
  const terminal = { stdin: {}, stdout: { write: () => true }, stderr, env, now: new Date() }
  const path = inFolder()("app.log")
  writeFileSync(path, json)

  expect(await run(["leaks", path], terminal as never)).toBe(2)
  expect(stderr.text).toMatch(/^tenant-failsafe: Error: out of order\n {4}at /)
})
