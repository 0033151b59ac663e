import { execFile } from "node:child_process"
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { captureOrigin, findCallSite } from "../../src/core/call-site.ts"

const callSite = new URL("../../src/core/call-site.ts", import.meta.url).href

describe("findCallSite", () => {
  it("names the file relative to its package, and the function", () => {
    function listCustomers() {
      return findCallSite()
    }

    expect(listCustomers()).toMatchObject({ file: "test/core/call-site.test.ts", function: "listCustomers" })
  })

  it("names the method with its class", () => {
    class CustomerService {
      list() {
        return findCallSite()
      }
    }

    expect(new CustomerService().list()?.function).toBe("CustomerService.list")
  })

  it("names no function where there is none", () => {
    expect((() => findCallSite())()?.function).toBeUndefined()
  })

  it("finds the caller across awaits", async () => {
    async function query() {
      await Promise.resolve()
      return findCallSite()
    }
    async function listCustomers() {
      return await query()
    }

    expect((await listCustomers())?.function).toBe("query")
  })

  it("finds the place where a load began after it is gone from the stack", async () => {
    function listCustomers() {
      return captureOrigin()
    }
    const origin = listCustomers()
    await Promise.resolve()

    expect(findCallSite(origin)?.function).toBe("listCustomers")
    expect(findCallSite(origin)?.file).toBe("test/core/call-site.test.ts")
  })

  it("leaves the stack settings of the application as they were", () => {
    const limit = Error.stackTraceLimit
    const formatter = Error.prepareStackTrace
    const own = (): string => "formatted by the application"
    try {
      Error.stackTraceLimit = 3
      Error.prepareStackTrace = own

      findCallSite(captureOrigin())

      expect([Error.stackTraceLimit, Error.prepareStackTrace]).toEqual([3, own])
      expect(new Error("x").stack).toBe("formatted by the application")
    } finally {
      Error.stackTraceLimit = limit
      Error.prepareStackTrace = formatter as typeof own
    }
  })

  it("finds the caller when the application keeps no stacks", () => {
    const limit = Error.stackTraceLimit
    function listCustomers() {
      return findCallSite()
    }
    try {
      Error.stackTraceLimit = 0
      expect(listCustomers()?.function).toBe("listCustomers")
    } finally {
      Error.stackTraceLimit = limit
    }
  })
})

describe("in a process of its own, findCallSite", () => {
  let folder: string

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), "tenant-failsafe-call-site-")))
    await write("package.json", '{ "type": "module" }')
  })

  afterAll(() => rm(folder, { recursive: true }))

  async function write(path: string, text: string): Promise<string> {
    const file = join(folder, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
    return file
  }

  async function run(file: string, ...flags: string[]): Promise<unknown> {
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, file])
    return JSON.parse(stdout)
  }

  it("names the line of a TypeScript file that Node runs as it is", async () => {
    const file = await write(
      "src/app.ts",
      `import { findCallSite } from "${callSite}"
interface Customer {
  id: number
}
function listCustomers(customer: Customer) {
  return findCallSite()
}
console.log(JSON.stringify(listCustomers({ id: 1 })))
`,
    )

    expect(await run(file)).toEqual({ file: "src/app.ts", line: 6, function: "listCustomers" })
  })

  it("passes over dependencies, however deep", async () => {
    await write("node_modules/orm/package.json", '{ "type": "module" }')
    await write(
      "node_modules/orm/index.js",
      `import { findCallSite } from "${callSite}"
export function load(depth = 40) {
  return depth === 0 ? findCallSite() : load(depth - 1)
}
`,
    )
    const file = await write(
      "src/uses-orm.js",
      `import { load } from "../node_modules/orm/index.js"
function listCustomers() {
  return load()
}
console.log(JSON.stringify(listCustomers()))
`,
    )

    expect(await run(file)).toEqual({ file: "src/uses-orm.js", line: 3, function: "listCustomers" })
  })

  it("names the file relative to the nearest package of a monorepo", async () => {
    await write("packages/shop/package.json", '{ "type": "module" }')
    const file = await write(
      "packages/shop/lib/app.js",
      `import { findCallSite } from "${callSite}"
console.log(JSON.stringify(findCallSite()))
`,
    )

    expect(await run(file)).toEqual({ file: "lib/app.js", line: 2 })
  })
})
