import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { hazardOf, hazardPaths } from "./support/orphan-hazards.ts"
import { guardedOutcome, wantedOutcome } from "./support/orphan-run.ts"
import { crossings, scenarios } from "./support/orphan-scenarios.ts"
import { openWorld, type World } from "./support/orphan-world.ts"

let world: World

beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

describe.each(hazardPaths)("customer.%s", (path) => {
  beforeAll(() => world.reset())

  it.each(Object.keys(scenarios))(
    "%s: does to own rows what TypeORM does, and to foreign ones nothing",
    async (name) => {
      const hazard = hazardOf(path)
      const wanted = await wantedOutcome(world, hazard, (session) => withTenant(1, () => scenarios[name]!(session)))

      const outcome = await guardedOutcome(world, hazard, (session) => withTenant(1, () => scenarios[name]!(session)))

      expect(outcome).toEqual(wanted)
    },
  )

  it.each(Object.keys(crossings))(
    "%s: does to own rows what TypeORM does, and to foreign ones nothing",
    async (name) => {
      const hazard = hazardOf(path)
      const wanted = await wantedOutcome(world, hazard, crossings[name]!)

      const outcome = await guardedOutcome(world, hazard, crossings[name]!)

      expect(outcome).toEqual(wanted)
    },
  )
})
