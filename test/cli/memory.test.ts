import { writeFileSync } from "node:fs"
import { Readable, type Writable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { expect, it } from "vitest"
import { ended, start } from "./support/executable.ts"
import { inFolder } from "./support/folder.ts"
import { fingerprint, recordOf } from "./support/records.ts"

const tellMemory =
  'data:text/javascript,process.on("exit",()=>process.stderr.write("peak "+process.resourceUsage().maxRSS+"\\n"))'
const megabyte = 1 << 20
// Of 1.3 or 1.8 MB.
const blocks = 140

it("more than 200 MB are read within a heap of 64 MB, and every record in them counts", async () => {
  const child = start(["leaks", "-", "--format", "json"], ["--max-old-space-size=64", `--import=${tellMemory}`])
  const exited = ended(child)

  const written = await writeLog(child.stdin)

  const { code, stdout, stderr } = await exited
  expect(written.bytes).toBeGreaterThan(200e6)
  const { entries, input } = JSON.parse(stdout) as { entries: { events: number }[]; input: Record<string, number> }
  expect({ code, input, events: entries.reduce((sum, entry) => sum + entry.events, 0) }).toEqual({
    code: 1,
    input: { files: 1, bytes: written.bytes, lines: written.lines, records: written.records, unreadable: blocks },
    events: written.records,
  })
  expect(Number(/^peak (\d+)$/m.exec(stderr)?.[1])).toBeLessThan(300 * 1024)
})

it("would not be by a reader that keeps the log", async () => {
  const path = inFolder()("naive.mjs")
  writeFileSync(
    path,
    `let text = ""
    for await (const chunk of process.stdin) text += chunk
    console.log(text.split("\\n").length)`,
  )
  const child = start([], ["--max-old-space-size=64"], path)
  const exited = ended(child)

  await writeLog(child.stdin)

  expect((await exited).code).not.toBe(0)
})

/** What was written of a log by the time that its reader was over. */
async function writeLog(stdin: Writable): Promise<Written> {
  const written = { bytes: 0, lines: 0, records: 0 }
  // A reader that gives up early is what one of the tests is about.
  await pipeline(Readable.from(log(written)), stdin).catch(() => undefined)
  return written
}

interface Written {
  bytes: number
  lines: number
  records: number
}

/** Mixed lines, in each block one that is too long, and records on their own and wrapped. */
function* log(written: Written): Generator<string> {
  const noise = Array.from(
    { length: 4000 },
    (_, index) => `10.0.0.${index % 255} - - "GET /customers/${index} HTTP/1.1" 200 ${index * 7} "-" "Mozilla/5.0"\n`,
  ).join("")
  for (let block = 0; block < blocks; block++) {
    const record = JSON.stringify(recordOf({ fingerprint: fingerprint(block % 50) }))
    const records = `${record}\nweb-1 | ${record}\n${JSON.stringify({ log: `${record}\n`, stream: "stderr" })}\n`
    const text = `${noise}${records}tenant_leak${"x".repeat(block % 2 === 0 ? megabyte : megabyte * 1.5)}\n`
    written.bytes += text.length
    written.lines += 4004
    written.records += 3
    yield text
  }
}
