import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { isOlderTypeorm } from "./support/lab.ts"
import { hazardOf, hazardPaths } from "./support/orphan-hazards.ts"
import { witness } from "./support/orphan-run.ts"
import type { Scenario } from "./support/orphan-scenarios.ts"
import { openWorld, type World } from "./support/orphan-world.ts"

let world: World

beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

/** What a filter after loading comes to, and nothing else is edited. */
const naiveDrop: Scenario = async (session) => {
  const customer = await session.load()
  if (session.hazard.path !== "phones") delete customer["phones"]
  await session.without(customer, ({ label }) => String(label).startsWith("foreign"))
  await session.save(customer)
}

/** What TypeORM then does to the foreign rows. */
const harm: Readonly<Record<string, string>> = {
  // Since version 1 TypeORM deletes what it cannot detach; before, the save failed.
  invoices: isOlderTypeorm ? "none" : "deleted",
  lines: "deleted",
  slots: "deleted",
  notes: "soft-deleted",
  entries: "none",
  views: "none",
  tags: "deleted",
  teams: "deleted",
  badges: "deleted",
}

function expectedHarm(path: string): string[] {
  const { table, junction } = hazardOf(path)
  const what = harm[path] ?? "detached"
  return what === "none" ? [] : [2, 4].map((number) => `${junction?.table ?? table} foreign ${number}: ${what}`)
}

describe.each(hazardPaths)("a filter after loading customer.%s", (path) => {
  it("makes TypeORM harm the foreign rows at the next save", async () => {
    await world.reset()

    const { damaged } = await witness(world, world.vanilla, hazardOf(path), naiveDrop)

    expect(damaged).toEqual(expectedHarm(path))
  })

  it("does them no harm where the failsafe is", async () => {
    await world.reset()

    const { damaged, failed } = await witness(world, world.guarded, hazardOf(path), (session) =>
      withTenant(1, () => naiveDrop(session)),
    )

    expect({ damaged, failed }).toEqual({ damaged: [], failed: undefined })
  })
})
