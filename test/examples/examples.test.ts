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
  "outside-http": {
    "emitter.ts": [
      "plain, order 7: 2",
      "bound, order 7: 1",
      "plain, order 8: no tenant",
      "bound, order 8: 1",
      "awaited, order 7: 1",
      "1 listener left",
      "plain, from the pool: 1",
      "bound, from the pool: 2",
    ],
    "graphql.ts": ["Acme St 1", "Globex Rd 2", "Acme St 1", "Globex Rd 2", "Globex Rd 2", "Acme St 1"].map(
      (street) => `{"data":{"streets":["${street}"]}}`,
    ),
    "interval.ts": [
      "reminded the customers of Acme as merchant 1",
      "reminded the customers of Globex as merchant 2",
      "without tenantJob: merchant 1",
    ],
    "queue-worker.ts": [
      "merchant 1, attempt 1: failed with printer offline",
      "merchant 2, attempt 1: printed Globex Rd 2",
      "merchant ?, attempt 1: failed with TENANT_MISSING",
      "merchant 1, attempt 2: printed Acme St 1",
      "merchant ?, attempt 2: failed with TENANT_MISSING",
    ],
    "request-context.ts": ['["Acme St 1"] ["Globex Rd 2"] 401', '["Acme St 1"] ["Globex Rd 2"] 401'],
    "websocket.ts": [
      "Unexpected server response: 401",
      "orders of merchant 1",
      "orders of merchant 2",
      "invoices of merchant 2",
      "invoices of merchant 1",
    ],
    "worker-thread.ts": [
      "report of May for merchant 1; around it: no tenant",
      "report of June for merchant 2; around it: no tenant",
      "refused with TENANT_MISSING; around it: no tenant",
    ],
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
