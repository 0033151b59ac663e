import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { onTestFinished } from "vitest"

/** The path of a file in a folder of the test's own, which is gone after the test. */
export function inFolder(): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), "tenant-failsafe-cli-"))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return (name) => join(folder, name)
}
