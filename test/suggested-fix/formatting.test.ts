import fc from "fast-check"
import { afterEach, expect, it } from "vitest"
import type { LeakKind } from "../../src/core/leak-report.ts"
import { suggestedFix, type FixInput, type TenantPath } from "../../src/core/suggested-fix.ts"
import { writeModules, type Modules } from "./support/modules.ts"

let modules: Modules | undefined

afterEach(() => modules?.remove())

async function modulesOf(codes: readonly string[]): Promise<Modules> {
  const snippets = codes.map((code, index) => [String(index), { code, head: "", given: "" }] as const)
  modules = await writeModules(Object.fromEntries(snippets))
  return modules
}

const property = fc.stringMatching(/^[a-z][a-z]{2,9}([A-Z][a-z]{3,9}){0,2}$/)
const entity = fc.stringMatching(/^[A-Z][a-z]{3,9}([A-Z][a-z]{3,9}){0,2}$/)
const step = fc.record({ name: property, isNullable: fc.boolean() })
const hop = fc.record({
  name: property,
  isNullable: fc.boolean(),
  target: fc.record({ entity, key: fc.constant("id") }),
})
const tenant: fc.Arbitrary<TenantPath> = fc.record({
  steps: fc.oneof(
    step.map((last) => [last]),
    fc.tuple(step, step),
    fc.tuple(hop, step),
    fc.tuple(hop, hop, step),
  ),
  type: fc.constantFrom("number", "string", "bigint"),
})
const input: fc.Arbitrary<FixInput> = fc.record({
  what: fc.constantFrom<LeakKind>("dropped", "no-tenant", "root"),
  orm: fc.constantFrom<FixInput["orm"]>("mikro-orm", "typeorm"),
  owner: entity,
  relation: property,
  child: entity,
  column: fc.constant("tenant"),
  call: fc.constantFrom<FixInput["call"]>("find", "collection", "query builder"),
  tenant,
})

it("prints code of any names as a formatter does", async () => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  const codes = fc.sample(input, { numRuns: 500, seed }).map((finding) => suggestedFix(finding)!)
  const listed = await (await modulesOf(codes)).misformatted()
  const misformatted = codes.filter((_, index) => listed.includes(`/fix-${index}.ts`))
  expect({ seed, misformatted }).toEqual({ seed, misformatted: [] })
})

it("sees what a formatter would change", async () => {
  const { misformatted } = await modulesOf(["await em.find( Customer,where )", "await em.find(Customer, where)"])
  expect((await misformatted()).trim()).toMatch(/\/fix-0\.ts$/)
})
