import { execFile } from "node:child_process"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterEach, beforeEach, expect, it } from "vitest"

const script = fileURLToPath(new URL("support/end-early.ts", import.meta.url))
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tenant-failsafe-exit-"))
})
afterEach(() => rm(folder, { recursive: true }))

it.each(["ends", "exits", "crashes"])(
  "a process that %s has written every detection, with exact counts",
  async (ending) => {
    const file = join(folder, "leaks.ndjson")
    // Node 22.17 strips types on demand only, and warns; later versions do it by themselves.
    const stripTypes = "--experimental-strip-types"
    const flags = process.allowedNodeEnvironmentFlags.has(stripTypes) ? [stripTypes] : []

    await promisify(execFile)(process.execPath, [...flags, "--no-warnings", script, ending, file]).catch(
      () => undefined,
    )

    const records = (await readFile(file, "utf8")).trimEnd().split("\n")
    expect(records.map((line) => JSON.parse(line) as object)).toMatchObject([
      { kind: "first", events: 1, dropped: 2 },
      { kind: "summary", events: 2, dropped: 4 },
    ])
  },
)
