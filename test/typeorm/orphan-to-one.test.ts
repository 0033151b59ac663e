import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant } from "../../src/index.ts"
import { essenceOf } from "./support/lab.ts"
import { hazardOf } from "./support/orphan-hazards.ts"
import { witness } from "./support/orphan-run.ts"
import type { Scenario } from "./support/orphan-scenarios.ts"
import { roundTrip, type Row, type Session } from "./support/orphan-session.ts"
import { openWorld, type World } from "./support/orphan-world.ts"

let world: World

beforeAll(async () => {
  world = await openWorld()
})
beforeEach(() => world.reset())
afterAll(() => world.close())

/** The profile of customer 1 is foreign, that of customer 2 own: each row holds the key of its customer. */
function load({ customers }: Session, id = 1): Promise<Row> {
  return customers.findOneOrFail({ where: { id }, relations: { profile: true }, loadEagerRelations: false })
}

const scenarios: Readonly<Record<string, Scenario>> = {
  "load and save": async (s) => s.save(await load(s)),
  "edit the customer": async (s) => s.save(Object.assign(await load(s), { name: "Ada L." })),
  "assign null": async (s) => s.save(Object.assign(await load(s), { profile: null })),
  "save an object made by hand, with null": async (s) => s.save({ id: 1, profile: null }),
  "save what came back as JSON": async (s) => s.save(roundTrip(await load(s))),
  "save several": async (s) =>
    s.customers.save([
      { id: 1, profile: null },
      { id: 2, profile: null },
    ]),
  "soft-remove": async (s) => s.customers.softRemove(Object.assign(await load(s), { profile: null })),
  "save in a transaction": async (s) =>
    s.side.dataSource.transaction(async (manager) => s.with(manager).save({ id: 1, profile: null })),
}

const detaching = ["assign null", "save an object made by hand, with null", "save several", "soft-remove"]

function witnessed(scenario: Scenario, side = world.guarded) {
  return witness(world, side, hazardOf("addresses"), (s) => withTenant(1, () => scenario(s)))
}

describe("a foreign profile, on the inverse side of a 1:1 relation", () => {
  it.each(Object.keys(scenarios))("stays as it is: %s", async (name) => {
    const { damaged, failed } = await witnessed(scenarios[name]!)

    expect({ damaged, failed }).toEqual({ damaged: [], failed: undefined })
  })

  it.each(detaching)("loses its customer without the failsafe: %s", async (name) => {
    const { damaged } = await witnessed(scenarios[name]!, world.vanilla)

    expect(damaged).toEqual(["profile foreign 2: detached"])
  })

  it("yields one record when it is held back", async () => {
    const { leaks } = await witnessed(scenarios["save several"]!)

    expect(leaks.map(essenceOf)).toEqual([
      {
        what: "unloaded-write",
        owner: "Customer",
        relation: "profile",
        child: "Profile",
        column: "merchantId",
        loaded: 1,
        rows: 1,
        dropped: 0,
        strategy: "save",
      },
    ])
  })

  it("is detached in withoutTenant", async () => {
    const { damaged } = await witness(world, world.guarded, hazardOf("addresses"), (s) =>
      withoutTenant("test", () => s.save({ id: 1, profile: null })),
    )

    expect(damaged).toEqual(["profile foreign 2: detached"])
  })

  it("does not give way to another profile: the database refuses, and nothing changes", async () => {
    const { damaged, failed } = await witnessed((s) => s.save({ id: 1, profile: { id: 6 } }))

    expect(failed).toMatch(/duplicate key value violates unique constraint/)
    expect(damaged).toEqual([])
  })
})

describe("an own profile", () => {
  it.each(["assign null", "save several"])("is detached, as TypeORM does: %s", async (name) => {
    const { own } = await witnessed(async (s) => {
      if (name === "save several") return scenarios[name]!(s)
      return s.save(Object.assign(await load(s, 2), { profile: null }))
    })

    expect(own.find((line) => line.startsWith("profile"))).toContain('"customerId":null')
  })
})
