import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { collectLeaks } from "../../src/testing/index.ts"

const folder = join(import.meta.dirname, "../../examples/mikro-orm")
const results: Record<string, readonly string[]> = {
  "entity-classes.ts": ["Acme St 1"],
  "judged-by-parent.ts": ["A"],
  "roll-out.ts": ["kept: Customer.addresses, 1 of 2", "no-tenant: Customer.addresses, 2 of 2", "rows read: 2 and 2"],
}

describe("examples/mikro-orm", () => {
  it("has a result here for every file", async () => {
    expect(await readdir(folder)).toEqual(Object.keys(results))
  })

  it.each(Object.entries(results))("%s does what it says", async (file, expected) => {
    const example = (await import(join(folder, file))) as { run(): Promise<readonly string[]> }
    // Keeps the records of the leaks that the examples show off stderr.
    const { result } = await collectLeaks(() => example.run())
    expect(result).toEqual(expected)
  })
})
