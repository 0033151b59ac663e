import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { expect, it } from "vitest"
import * as entry from "../../src/nestjs/index.ts"

it("plain Node, which only strips the types, loads the entry", async () => {
  const url = new URL("../../src/nestjs/index.ts", import.meta.url).href
  const script = `process.stdout.write(JSON.stringify(Object.keys(await import(${JSON.stringify(url)}))))`

  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script])

  expect(JSON.parse(stdout)).toEqual(Object.keys(entry).toSorted())
})
