import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { collectLeaks } from "../../src/testing/index.ts"

const root = join(import.meta.dirname, "../../examples")
const results: Record<string, Record<string, readonly string[]>> = {
  "mikro-orm": {
    "entity-classes.ts": ["Acme St 1"],
    "judged-by-parent.ts": ["A"],
    "roll-out.ts": ["kept: Customer.addresses, 1 of 2", "no-tenant: Customer.addresses, 2 of 2", "rows read: 2 and 2"],
  },
  typeorm: {
    "judged-by-parent.ts": ["A"],
    "shop-api.ts": ["Ada: Acme St 1, Acme St 2", "Ada L.: Acme St 1", "Ada L.: Globex Rd 3"],
  },
}

describe.each(Object.entries(results))("examples/%s", (folder, files) => {
  it("has a result here for every file", async () => {
    expect(await readdir(join(root, folder))).toEqual(Object.keys(files))
  })

  it.each(Object.entries(files))("%s does what it says", async (file, expected) => {
    const example = (await import(join(root, folder, file))) as { run(): Promise<readonly string[]> }
    // Keeps the records of the leaks that the examples show off stderr.
    const { result } = await collectLeaks(() => example.run())
    expect(result).toEqual(expected)
  })
})
