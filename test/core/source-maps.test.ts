import { execFile } from "node:child_process"
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

const callSite = new URL("../../src/core/call-site.ts", import.meta.url).href
const compiler = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url))
const source = `import { findCallSite } from "${callSite}"

enum Kind {
  Customer,
}
interface Customer {
  readonly kind: Kind
}

function listCustomers({ kind }: Customer): unknown {
  return kind === Kind.Customer ? findCallSite() : undefined
}
console.log(JSON.stringify(listCustomers({ kind: Kind.Customer })))
`
const place = { file: "src/app.ts", line: 11, function: "listCustomers" }

let folder: string

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "tenant-failsafe-source-maps-")))
  await write("package.json", '{ "type": "module" }')
  await write("src/app.ts", source)
})

afterAll(() => rm(folder, { recursive: true }))

async function write(path: string, text: string): Promise<string> {
  const file = join(folder, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
  return file
}

async function run(file: string, ...flags: string[]): Promise<unknown> {
  // Node 22.17 strips the types of the tested module on demand only, and warns.
  const stripTypes = "--experimental-strip-types"
  const own = process.allowedNodeEnvironmentFlags.has(stripTypes) ? [stripTypes, "--no-warnings"] : []
  const { stdout } = await promisify(execFile)(process.execPath, [...own, ...flags, file])
  return JSON.parse(stdout)
}

/** Compiles the source with TypeScript as an application does. */
async function compile(name: string, ...options: string[]): Promise<string> {
  const outDir = join(folder, name)
  const fixed = ["--module", "nodenext", "--target", "es2024", "--noCheck", "--rootDir", folder]
  const args = [compiler, join(folder, "src/app.ts"), "--outDir", outDir, ...fixed, ...options]
  await promisify(execFile)(process.execPath, args, { cwd: folder })
  return join(outDir, "src/app.js")
}

describe("the place in a file that TypeScript compiled, with Node's default flags, is that in the source", () => {
  it.each([
    ["beside", ["--sourceMap"]],
    ["inline", ["--inlineSourceMap"]],
    ["with a source root", ["--sourceMap", "--sourceRoot", "../../"]],
  ])("with a map %s", async (name, options) => {
    expect(await run(await compile(`dist ${name}`, ...options))).toEqual(place)
  })

  it("also with --enable-source-maps", async () => {
    expect(await run(await compile("dist enabled", "--sourceMap"), "--enable-source-maps")).toEqual(place)
  })
})

describe("without a map that can be read, it is that in the compiled file", () => {
  it.each([
    ["none", "\n"],
    ["missing", "\n//# sourceMappingURL=nowhere.js.map\n"],
    ["damaged", "\n//# sourceMappingURL=data:application/json;base64,e30=\n"],
    ["no JSON", "\n//# sourceMappingURL=data:application/json,nothing\n"],
    ["elsewhere", "\n//# sourceMappingURL=https://maps.example/app.js.map\n"],
  ])("%s", async (name, comment) => {
    const compiled = await readFile(await compile(`dist plain ${name}`), "utf8")
    const file = await write(`dist ${name}/app.js`, compiled + comment)
    const line = compiled.split("\n").findIndex((text) => text.includes("? findCallSite()")) + 1

    expect(await run(file)).toEqual({ file: `dist ${name}/app.js`, line, function: "listCustomers" })
  })
})
