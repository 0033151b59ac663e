import { execFile } from "node:child_process"
import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { expect, it } from "vitest"
import { collectLeaks } from "../../src/testing/index.ts"

const folder = join(import.meta.dirname, "../../examples/outside-http")

it("plain Node, which only strips the types, runs each example to the same result", async () => {
  const files = await readdir(folder)
  const { result } = await collectLeaks(async () => {
    const results: Record<string, readonly string[]> = {}
    for (const file of files) results[file] = await ((await import(join(folder, file))) as Example).run()
    return results
  })

  expect(files).not.toEqual([])
  expect(await runByNode(files)).toEqual(result)
})

interface Example {
  run(): Promise<readonly string[]>
}

/** One process for all of them. What it reports as dropped goes to stderr. */
async function runByNode(files: readonly string[]): Promise<unknown> {
  const script = `
    const results = {}
    for (const file of ${JSON.stringify(files)}) results[file] = await (await import(${JSON.stringify(folder)} + "/" + file)).run()
    process.stdout.write(JSON.stringify(results))`
  const byName = new URL("./support/import-by-name.ts", import.meta.url).href
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", byName, "-e", script])
  return JSON.parse(stdout)
}
