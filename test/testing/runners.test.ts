import { execFile } from "node:child_process"
import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, beforeAll, expect, it } from "vitest"

const run = promisify(execFile)
const root = fileURLToPath(new URL("../../", import.meta.url))
const modules = ["jest", "vitest"]
const tests = [
  "collects what it ran",
  "fails on a leak",
  "accepts a leak that is allowed",
  "does not see what runs beside it: addresses",
  "does not see what runs beside it: orders",
]

let folder: string

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "tenant-failsafe-runners-")))
  await cp(fileURLToPath(new URL("support/app/", import.meta.url)), folder, { recursive: true })
  await writeFile(
    join(folder, "package.json"),
    '{ "type": "module", "jest": { "testMatch": ["**/jest.test.mjs"], "transform": {} } }',
  )
  const own = join(folder, "node_modules/tenant-failsafe")
  const compiler = join(root, "node_modules/typescript/bin/tsc")
  await run(process.execPath, [compiler, "-p", "tsconfig.build.json", "--outDir", join(own, "dist")], { cwd: root })
  await cp(join(root, "package.json"), join(own, "package.json"))
  for (const name of modules) {
    await mkdir(dirname(join(folder, "node_modules", name)), { recursive: true })
    await symlink(join(root, "node_modules", name), join(folder, "node_modules", name), "junction")
  }
})

afterAll(() => rm(folder, { recursive: true }))

/** Runs a test runner on the application, which it must leave with all tests green. */
async function report(...args: readonly string[]): Promise<string> {
  const env = { PATH: process.env["PATH"], NODE_OPTIONS: "--experimental-vm-modules --no-warnings" }
  const { stdout, stderr } = await run(process.execPath, args, { cwd: folder, env })
  return stdout + stderr
}

it.each([
  ["node:test", ["--test", "--test-reporter=spec", "node.test.mjs"], /pass 5\b[\s\S]*fail 0\b/],
  ["jest", ["node_modules/jest/bin/jest.js", "--verbose", "--no-watchman"], /Tests: +5 passed, 5 total/],
  ["vitest", ["node_modules/vitest/vitest.mjs", "run", "--reporter=verbose", "vitest.test.mjs"], /Tests +5 passed/],
])("collectLeaks and expectNoLeaks work in %s, isolated from what runs beside them", async (_, args, summary) => {
  const output = await report(...args)

  for (const name of tests) expect(output).toContain(name)
  // oxlint-disable-next-line no-control-regex -- colours
  expect(output.replace(/\u001B\[\d+m/g, "")).toMatch(summary)
})
