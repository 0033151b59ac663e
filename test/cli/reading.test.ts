import { mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { PassThrough, Readable } from "node:stream"
import { gzipSync } from "node:zlib"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { findLogs } from "../../src/cli/log-files.ts"
import { progressOn } from "../../src/cli/progress.ts"
import { readLogs } from "../../src/cli/read-logs.ts"
import type { Ledger } from "../../src/cli/ledger.ts"
import type { LeakRecord } from "../../src/core/leak-report.ts"
import { inFolder } from "./support/folder.ts"
import { broken, noise, wrappings } from "./support/noise.ts"
import { fingerprint, overflow, recordOf } from "./support/records.ts"
import { printedSeed } from "./support/seed.ts"
import { runCommand } from "./support/terminal.ts"

const record = recordOf()
const json = JSON.stringify(record)
const quiet = progressOn({ stderr: new PassThrough() })

async function ledgerOf(chunks: readonly Buffer[]): Promise<Ledger> {
  return readLogs([{ path: "-", size: undefined }], Readable.from(chunks), () => true, quiet)
}

describe("a log", () => {
  it("gives each record that is hidden in it, with exact counts, however it is wrapped, mixed, cut and zipped", async () => {
    const property = fc.asyncProperty(
      fc.array(fc.oneof({ weight: 3, arbitrary: leakLine }, { weight: 3, arbitrary: noiseLine }, brokenLine)),
      fc.array(fc.nat(), { maxLength: 12 }),
      fc.boolean(),
      fc.boolean(),
      async (lines, cuts, isZipped, endsInNewline) => {
        const text = Buffer.concat(lines.flatMap(({ bytes }) => [bytes, newline]))
        const log = endsInNewline ? text : text.subarray(0, -1)
        const ledger = await ledgerOf(cut(isZipped ? zippedInTwo(log) : log, cuts))

        expect(countsIn(ledger)).toEqual(expectedCounts(lines))
      },
    )
    await fc.assert(property, { seed: printedSeed("reading.test.ts"), numRuns: 400 })
  })

  it("would lose records to a reader that takes each line for JSON", () => {
    const lost = Object.values(wrappings).filter((wrap) => {
      try {
        return (JSON.parse(wrap(record)) as { event?: string }).event !== "tenant_leak"
      } catch {
        return true
      }
    })

    expect(lost.length).toBeGreaterThan(Object.keys(wrappings).length / 2)
  })

  it("gives the same ledger however it is spread over files, plain and zipped, in whatever order", async () => {
    const path = inFolder()
    const whole = fc.array(
      fc.record({ number: fc.nat(3), events: fc.nat(9), second: fc.nat(59), release: fc.constantFrom("1", "2") }),
      { minLength: 1, maxLength: 30 },
    )
    const property = fc.asyncProperty(
      whole,
      fc.infiniteStream(fc.nat(2)),
      fc.boolean(),
      async (parts, places, zips) => {
        const lines = parts.map(({ number, events, second, release }) => {
          const time = `2026-11-20T10:00:${String(second).padStart(2, "0")}.000Z`
          const counts = { events, firstSeen: time, lastSeen: time, release, "code.line.number": second + 1 }
          return `${JSON.stringify(recordOf({ fingerprint: fingerprint(number), ...counts }))}\n`
        })
        const files: [string[], string[], string[]] = [[], [], []]
        for (const line of lines) files[places.next().value!]!.push(line)
        files.forEach((file, index) => {
          const content = Buffer.from(file.toReversed().join(""))
          writeFileSync(path(`${index}.log`), zips && index > 0 ? gzipSync(content) : content)
        })

        const logs = await findLogs([2, 0, 1].map((index) => path(`${index}.log`)))
        const spread = await readLogs(logs, Readable.from([]), () => true, quiet)
        const atOnce = await ledgerOf([Buffer.from(lines.join(""))])

        expect({ ...spread, input: {} }).toEqual({ ...atOnce, input: {} })
      },
    )
    await fc.assert(property, { seed: printedSeed("reading.test.ts"), numRuns: 100 })
  })

  it.each([
    ["plain", [json]],
    ["with line ends of Windows", [`a\r\n${json}\r\nb\r\n`]],
    ["zipped", [gzipSync(json)]],
    ["zipped, byte by byte", Array.from(gzipSync(json), (byte) => Buffer.from([byte]))],
    ["zipped in two members, cut within a line", [gzipSync(json.slice(0, 50)), gzipSync(json.slice(50))]],
    ["zipped in two members, in one chunk", [Buffer.concat([gzipSync(`${json}\n`), gzipSync("other\n")])]],
  ])("is read %s", async (_, chunks) => {
    const ledger = await ledgerOf(chunks.map((chunk) => Buffer.from(chunk)))

    expect(ledger.input).toMatchObject({ records: 1, unreadable: 0 })
  })

  it("counts lines that are too long, where they name a leak", async () => {
    const long = "x".repeat(2 << 20)
    const ledger = await ledgerOf(
      [`${long}\n`, `${long}tenant_leak${long}\n`, `${json}\n`].map((text) => Buffer.from(text)),
    )

    expect(ledger.input).toMatchObject({ lines: 3, records: 1, unreadable: 1 })
  })

  it("brings what the processes did not tell apart", async () => {
    const ledger = await ledgerOf([Buffer.from(`${JSON.stringify(overflow)}\nweb-1 | ${JSON.stringify(overflow)}\n`)])

    expect(ledger.overflow).toEqual({ events: 6, rows: 14, dropped: 12 })
  })
})

describe("tenant-failsafe leaks", () => {
  it("reads a file once that is named twice, or by a link as well", async () => {
    const path = inFolder()
    writeFileSync(path("app.log"), json)
    symlinkSync(path("app.log"), path("current.log"))

    const { stdout } = await runCommand(["leaks", path("app.log"), path("current.log"), path("app.log"), "-f", "json"])

    expect((JSON.parse(stdout) as Ledger).input).toMatchObject({ files: 1, records: 1 })
  })

  it("reads files and what is piped in", async () => {
    const path = inFolder()
    writeFileSync(path("app.log"), json)

    const { stdout } = await runCommand(["leaks", path("app.log"), "-", "--format", "json"], { piped: json })

    expect((JSON.parse(stdout) as Ledger).input).toMatchObject({ files: 2, records: 2 })
  })

  it("refuses a file that does not exist, with its name and without control characters", async () => {
    const path = inFolder()

    expect(await runCommand(["leaks", path("no\u001B[2J.log")])).toEqual({
      code: 2,
      stdout: "",
      stderr: `tenant-failsafe: '${path("no\uFFFD[2J.log")}' cannot be read: ENOENT: no such file or directory, stat '${path("no\uFFFD[2J.log")}'\n`,
    })
  })

  it("refuses a folder", async () => {
    const path = inFolder()
    mkdirSync(path("logs"))

    expect(await runCommand(["leaks", path("logs")])).toEqual({
      code: 2,
      stdout: "",
      stderr: `tenant-failsafe: '${path("logs")}' is a folder. Name the files in it.\n`,
    })
  })

  it.each([
    ["that is cut off", gzipSync(json).subarray(0, -12), "unexpected end of file"],
    ["that is damaged", Buffer.concat([gzipSync(json).subarray(0, 10), Buffer.alloc(40, 0xff)]), "invalid block type"],
  ])("refuses a zipped file %s: what is missing may be a leak", async (_, content, reason) => {
    const path = inFolder()
    writeFileSync(path("app.log.gz"), content)

    expect(await runCommand(["leaks", path("app.log.gz")])).toEqual({
      code: 2,
      stdout: "",
      stderr: `tenant-failsafe: '${path("app.log.gz")}' cannot be read to its end: ${reason}\n`,
    })
  })

  it.each([
    ["no file on a terminal", {}],
    ["nothing piped in, as in a job whose input is empty", { piped: "" }],
  ])("refuses %s", async (_, setting) => {
    expect(await runCommand(["leaks"], setting)).toEqual({
      code: 2,
      stdout: "",
      stderr: "tenant-failsafe: leaks needs files, or a log that is piped in. See tenant-failsafe leaks --help.\n",
    })
  })

  it("says how many lines it could not read, and shows it in the report", async () => {
    expect(await runCommand(["leaks", "-"], { piped: `${json.slice(0, -9)}\n${json.slice(0, -8)}\nok\n` })).toEqual({
      code: 0,
      stdout: "No leaks. Read 0 records in 3 lines of 1 file, 2 unreadable lines.\n",
      stderr: "tenant-failsafe: 2 lines name a leak and could not be read: cut off, or written by another version.\n",
    })
  })
})

interface Line {
  readonly bytes: Buffer
  readonly record?: LeakRecord
  readonly isBroken?: boolean
}

const newline = Buffer.from("\n")
const count = fc.oneof(
  fc.nat(1000),
  fc.maxSafeNat().map((value) => Math.floor(value / 1000)),
)

const report = fc
  .record({
    number: fc.nat(5),
    what: fc.constantFrom("dropped" as const, "kept" as const, "no-tenant" as const),
    loaded: count,
    rows: count,
    dropped: count,
    events: fc.nat(1000),
    owner: fc.constantFrom("Customer", 'Kunde { "', "顧客", "\\u007b"),
  })
  .map(({ number, ...change }) => recordOf({ ...change, fingerprint: fingerprint(number) }))

const leakLine: fc.Arbitrary<Line> = fc
  .tuple(
    fc.oneof({ weight: 9, arbitrary: report }, fc.constant(overflow)),
    fc.constantFrom(...Object.values(wrappings)),
  )
  .map(([found, wrap]) => ({ bytes: Buffer.from(wrap(found)), record: found }))

const noiseLine: fc.Arbitrary<Line> = noise.map((bytes) => ({ bytes }))

const brokenLine: fc.Arbitrary<Line> = broken(record).map((text) => ({ bytes: Buffer.from(text), isBroken: true }))

/** Sums by hand, in numbers without limits. */
function expectedCounts(lines: readonly Line[]) {
  const sums: Record<string, bigint[]> = {}
  for (const { record: found } of lines) {
    if (found === undefined) continue
    const isReport = found.event === "tenant_leak"
    const key = isReport ? `${found.fingerprint} ${found.what}` : "overflow"
    const counts = [found.events, found.rows, found.dropped, isReport ? found.loaded : 0].map(BigInt)
    sums[key] = (sums[key] ?? [0n, 0n, 0n, 0n]).map((sum, index) => sum + counts[index]!)
  }
  const readable = lines.filter((line) => line.record !== undefined).length
  return { sums, records: readable, unreadable: lines.filter((line) => line.isBroken).length }
}

function countsIn({ entries, overflow: rest, input }: Ledger): ReturnType<typeof expectedCounts> {
  const sums = Object.fromEntries(
    entries.map((entry) => [
      `${entry.fingerprint} ${entry.what}`,
      [entry.events, entry.rows, entry.dropped, entry.loaded].map(BigInt),
    ]),
  )
  if (rest.events > 0) sums["overflow"] = [rest.events, rest.rows, rest.dropped, 0].map(BigInt)
  return { sums, records: input.records, unreadable: input.unreadable }
}

function zippedInTwo(bytes: Buffer): Buffer {
  const middle = bytes.length >> 1
  return Buffer.concat([gzipSync(bytes.subarray(0, middle)), gzipSync(bytes.subarray(middle))])
}

function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = cuts.map((place) => place % (bytes.length + 1)).toSorted((one, other) => one - other)
  return [0, ...places].map((place, index) => bytes.subarray(place, places[index] ?? bytes.length))
}
