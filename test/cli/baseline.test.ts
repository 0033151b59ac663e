import { lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { describe, expect, it } from "vitest"
import type { KnownLeak } from "../../src/cli/baseline.ts"
import type { LeakRecord } from "../../src/core/leak-report.ts"
import { inFolder } from "./support/folder.ts"
import { fingerprint, overflow, recordOf } from "./support/records.ts"
import { runCommand } from "./support/terminal.ts"

const first = recordOf({ fingerprint: fingerprint(1) })
const second = recordOf({ fingerprint: fingerprint(2), relation: "orders" })
const third = recordOf({
  fingerprint: fingerprint(3),
  what: "root",
  owner: "Address",
  relation: null,
  child: "Address",
})

const knownFirst: KnownLeak = {
  fingerprint: fingerprint(1),
  what: "dropped",
  relation: "Customer.addresses",
  place: "src/customers.ts, listCustomers",
  since: "2026-11-20",
}
const knownSecond: KnownLeak = { ...knownFirst, fingerprint: fingerprint(2), relation: "Customer.orders" }
const knownThird: KnownLeak = { ...knownFirst, fingerprint: fingerprint(3), what: "root", relation: "Address" }

function baselineOf(...leaks: readonly KnownLeak[]): string {
  const path = inFolder()("leaks.json")
  writeFileSync(path, JSON.stringify({ v: 1, leaks }))
  return path
}

function leaksIn(path: string): unknown {
  return (JSON.parse(readFileSync(path, "utf8")) as { leaks: unknown }).leaks
}

async function leaks(records: readonly LeakRecord[], ...args: readonly string[]) {
  return runCommand(["leaks", "-", ...args], { piped: records.map((record) => `${JSON.stringify(record)}\n`).join("") })
}

describe("the exit code", () => {
  it.each([
    ["1 without a baseline", [first], undefined, [], 1],
    ["0 without leaks", [], undefined, [], 0],
    ["0 where all leaks are known", [first, second], [knownFirst, knownSecond], [], 0],
    ["1 where one is not known", [first, second], [knownFirst], [], 1],
    ["1 where a known one is found to be of another kind", [{ ...first, what: "kept" }], [knownFirst], [], 1],
    ["0 where known ones are gone", [], [knownFirst], [], 0],
    ["1 where some leaks are not told apart", [first, overflow], [knownFirst], [], 1],
    ["0 where new ones become known", [first, second], [knownFirst], ["--update-baseline"], 0],
    ["1 where new ones stay new while others are taken out", [second], [knownFirst], ["--prune"], 1],
    ["0 where the only new ones are of another kind", [first, third], [knownFirst], ["--what", "dropped"], 0],
  ] as const)("is %s", async (_, records, known, args, expected) => {
    const baseline = known === undefined ? [] : ["--baseline", baselineOf(...known)]

    const { code } = await leaks(records as readonly LeakRecord[], ...baseline, ...args)

    expect(code).toBe(expected)
  })
})

describe("a baseline", () => {
  it("is written sorted, without counts and lines, so that it may be committed", async () => {
    const path = inFolder()("leaks.json")

    await leaks([second, third, first, first], "--baseline", path, "--update-baseline")

    expect(readFileSync(path, "utf8")).toBe(`{
  "v": 1,
  "leaks": [
    {
      "fingerprint": "v1:0000000000000003",
      "what": "root",
      "relation": "Address",
      "place": "src/customers.ts, listCustomers",
      "since": "2026-11-20"
    },
    {
      "fingerprint": "v1:0000000000000001",
      "what": "dropped",
      "relation": "Customer.addresses",
      "place": "src/customers.ts, listCustomers",
      "since": "2026-11-20"
    },
    {
      "fingerprint": "v1:0000000000000002",
      "what": "dropped",
      "relation": "Customer.orders",
      "place": "src/customers.ts, listCustomers",
      "since": "2026-11-20"
    }
  ]
}
`)
  })

  it("is the same after a second update", async () => {
    const path = inFolder()("leaks.json")
    await leaks([second, first], "--baseline", path, "--update-baseline")
    const before = readFileSync(path, "utf8")

    await leaks([first, second], "--baseline", path, "--update-baseline", "--prune")

    expect(readFileSync(path, "utf8")).toBe(before)
  })

  it("keeps what it knows of a leak that is seen again later", async () => {
    const path = baselineOf({ ...knownFirst, since: "2020-01-01" })

    await leaks([first], "--baseline", path, "--update-baseline")

    expect(leaksIn(path)).toEqual([{ ...knownFirst, since: "2020-01-01" }])
  })

  it.each([
    ["nothing without an option", [], [knownFirst, knownSecond]],
    ["the new ones with --update-baseline", ["--update-baseline"], [knownThird, knownFirst, knownSecond]],
    ["without those no longer seen with --prune", ["--prune"], [knownSecond]],
    ["as the log is with both", ["--update-baseline", "--prune"], [knownThird, knownSecond]],
    ["but nothing of the kinds that were not asked for", ["--prune", "--what", "root"], [knownFirst, knownSecond]],
  ])("takes on %s", async (_, args, expected) => {
    const path = baselineOf(knownFirst, knownSecond)

    await leaks([second, third], "--baseline", path, ...args)

    expect(leaksIn(path)).toEqual(expected)
  })

  it("loses nothing while some leaks are not told apart: they may be the known ones", async () => {
    const path = baselineOf(knownFirst)

    const { stdout } = await leaks([overflow], "--baseline", path, "--prune")

    expect(leaksIn(path)).toEqual([knownFirst])
    expect(stdout).not.toContain("Fixed since")
  })

  it("that is a link stays one", async () => {
    const path = inFolder()
    writeFileSync(path("there.json"), JSON.stringify({ v: 1, leaks: [] }))
    symlinkSync(path("there.json"), path("leaks.json"))

    await leaks([first], "--baseline", path("leaks.json"), "--update-baseline")

    expect(lstatSync(path("leaks.json")).isSymbolicLink()).toBe(true)
    expect(leaksIn(path("there.json"))).toEqual([knownFirst])
  })

  it("leaves nothing beside it", async () => {
    const path = inFolder()("leaks.json")

    await leaks([first], "--baseline", path, "--update-baseline")

    expect(readdirSync(dirname(path))).toEqual(["leaks.json"])
  })

  it("that cannot be written is bad input", async () => {
    const path = inFolder()("none/leaks.json")

    const { code, stderr } = await leaks([first], "--baseline", path, "--update-baseline")

    expect(code).toBe(2)
    expect(stderr).toContain(`tenant-failsafe: '${path}' cannot be written: ENOENT`)
  })

  const bad = (change: object): string => JSON.stringify({ v: 1, leaks: [knownFirst, { ...knownFirst, ...change }] })

  it.each([
    ["{", "Expected property name or '}' in JSON at position 1 (line 1 column 2)"],
    ["null", '"v" is not 1.'],
    ["[]", '"v" is not 1.'],
    ['{"v":2,"leaks":[]}', '"v" is not 1.'],
    ['{"v":1,"leaks":{}}', '"leaks" is not a list.'],
    ['{"v":1,"leaks":[null]}', '"leaks[0].fingerprint" is not a text.'],
    [bad({ fingerprint: "v1:1" }), '"leaks[1].fingerprint" is not v1: and 16 hex digits.'],
    [bad({ what: 1 }), '"leaks[1].what" is not a text.'],
    [bad({ relation: undefined }), '"leaks[1].relation" is not a text.'],
    [bad({ place: {} }), '"leaks[1].place" is not a text.'],
    [bad({ since: [] }), '"leaks[1].since" is not a text.'],
  ])("%s is refused, with what is wrong in it, and stays as it was", async (content, reason) => {
    const path = inFolder()("leaks.json")
    writeFileSync(path, content)

    expect(await leaks([first], "--baseline", path, "--update-baseline")).toEqual({
      code: 2,
      stdout: "",
      stderr: `tenant-failsafe: '${path}' is no baseline: ${reason}\n`,
    })
    expect(readFileSync(path, "utf8")).toBe(content)
  })

  it("shows nothing of it to a terminal as it is", async () => {
    const path = baselineOf({ ...knownSecond, relation: "x\u001B[2J", place: "y\u0007" })

    const { stdout } = await leaks([], "--baseline", path)

    expect(stdout).toContain("x\uFFFD[2J  dropped  y\uFFFD")
  })
})
