import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { switchTenant, withoutTenant, withTenant } from "../../src/index.ts"
import { hazardOf } from "./support/orphan-hazards.ts"
import { witness } from "./support/orphan-run.ts"
import type { Scenario } from "./support/orphan-scenarios.ts"
import { roundTrip, type Row } from "./support/orphan-session.ts"
import { newChild, openWorld, type World } from "./support/orphan-world.ts"

let world: World

beforeAll(async () => {
  world = await openWorld()
})
beforeEach(() => world.reset())
afterAll(() => world.close())

/** Foreign children that the application put into the array itself: the guard is no reason to touch them. */
const held: Readonly<Record<string, Scenario>> = {
  "the whole relation, as it was loaded in withoutTenant": async (s) => {
    const customer = await withoutTenant("test", () => s.load())
    await withTenant(1, () => s.save(customer))
  },
  "the same, as JSON": async (s) => {
    const customer = await withoutTenant("test", () => s.load())
    await withTenant(1, () => s.save(roundTrip(customer)))
  },
  "all of them, and an own one removed": async (s) => {
    const customer = await withoutTenant("test", () => s.load())
    await s.without(customer, ({ label }) => label === "own 1")
    await withTenant(1, () => s.save(customer))
  },
  "one of them in an object made by hand": async (s) => {
    const foreign = newChild(s.side, s.hazard, 2, 2)
    await withTenant(1, async () => s.save(await s.plain([{ ...foreign }])))
  },
  "one instance, beside one from which they were hidden": async (s) => {
    const hiding = await withTenant(1, () => s.load())
    const showing = await withoutTenant("test", () => s.load())
    await withTenant(1, () => s.customers.save([hiding, showing]))
  },
  "one instance, beside an object made by hand without them": async (s) => {
    const showing = await withoutTenant("test", () => s.load())
    await withTenant(1, async () => s.customers.save([await s.plain([]), showing]))
  },
}

describe.each(["addresses", "tags", "teams", "lines", "seats"])("foreign rows of customer.%s", (path) => {
  it.each(Object.keys(held))("stay as they are where the save holds them: %s", async (name) => {
    const { damaged, failed } = await witness(world, world.guarded, hazardOf(path), held[name]!)

    expect({ damaged, failed }).toEqual({ damaged: [], failed: undefined })
  })
})

describe("what is edited in a foreign child that the array holds", () => {
  const edit: Scenario = (s) =>
    withTenant(1, async () => s.save(await s.plain([{ id: 2, label: "edited", merchantId: 2 }])))
  const stored = () => world.database.sql('select label, "customerId" from line where id = 2')

  it("is refused, and nothing is written", async () => {
    const { failed } = await witness(world, world.guarded, hazardOf("lines"), edit)

    expect({ failed, stored: await stored() }).toEqual({
      failed: expect.stringContaining("Updating Line ") as string,
      stored: [{ label: "foreign 2", customerId: 1 }],
    })
  })

  it("is written as TypeORM does with writes 'report'", async () => {
    const side = await world.open({ writes: "report" })

    await witness(world, side, hazardOf("lines"), edit)

    expect(await stored()).toEqual([{ label: "edited", customerId: 1 }])
  })
})

it("detaches a foreign child that was shown and removed in withoutTenant", async () => {
  const { damaged } = await witness(world, world.guarded, hazardOf("addresses"), async (s) =>
    withoutTenant("test", async () => {
      const customer = await s.load()
      await s.without(customer, ({ label }) => label === "foreign 2")
      await s.save(customer)
    }),
  )

  expect(damaged).toEqual(["address foreign 2: detached"])
})

it("detaches an own child of the other tenant whose scope shows and removes it", async () => {
  const { damaged } = await witness(world, world.guarded, hazardOf("addresses"), async (s) => {
    await switchTenant(2, "test", async () => {
      const customer = await s.load()
      await s.without(customer, ({ label }) => label === "foreign 2")
      await s.save(customer)
    })
  })

  expect(damaged).toEqual(["address foreign 2: detached"])
})

it("detaches a child that was hidden once, shown since, and removed then", async () => {
  const { damaged } = await witness(world, world.guarded, hazardOf("addresses"), async (s) => {
    const customer = await withTenant(1, () => s.load())
    await withoutTenant("test", async () => {
      customer["addresses"] = (await s.load())["addresses"] as Row[]
      await s.save(customer)
      await s.without(customer, ({ label }) => label === "foreign 2")
      await s.save(customer)
    })
  })

  expect(damaged).toEqual(["address foreign 2: detached"])
})
