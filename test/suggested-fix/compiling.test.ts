import { afterEach, expect, it } from "vitest"
import { snippetOf } from "./support/mikro-orm-fixes.ts"
import { writeModules, type Modules } from "./support/modules.ts"

let modules: Modules | undefined

afterEach(() => modules?.remove())

it.each([
  ["a tenant of another type", "{ merchantId: requireTenant() }"],
  ["a property that is not there", "{ tenantId: Number(requireTenant()) }"],
])("sees code that does not compile: %s", async (_, condition) => {
  const code = `await em.find(Customer, where, { populate: ["notes"], populateWhere: { notes: ${condition} } })`
  modules = await writeModules({ wrong: snippetOf("Customer", code) })
  expect(await modules.compile()).toMatch(/fix-0\.ts\(\d+,\d+\): error TS/)
})
