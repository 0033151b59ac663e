import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { hazardOf } from "./support/orphan-hazards.ts"
import { readRows } from "./support/orphan-rows.ts"
import { guardedOutcome, wantedOutcome, witness } from "./support/orphan-run.ts"
import type { Scenario } from "./support/orphan-scenarios.ts"
import { roundTrip } from "./support/orphan-session.ts"
import { openWorld, type World } from "./support/orphan-world.ts"

let world: World

beforeAll(async () => {
  world = await openWorld()
})
beforeEach(() => world.reset())
afterAll(() => world.close())

const notes = hazardOf("notes")

/** Notes have a date of deletion, and cascade to and from their customer. */
const softly: Readonly<Record<string, Scenario>> = {
  "soft-remove the parent with its notes": async (s) => s.customers.softRemove(await s.load()),
  "soft-remove an own note": async (s) => s.children.softRemove(s.own(await s.load())[0]!),
  "soft-remove an own note, then save the parent": async (s) => {
    const customer = await s.load()
    await s.children.softRemove(s.own(customer)[0]!)
    await s.save(customer)
  },
  "soft-remove the parent and recover the instance": async (s) => {
    const customer = await s.load()
    await s.customers.softRemove(customer)
    await s.customers.recover(customer)
  },
  "soft-remove the parent and recover what is loaded then": async (s) => {
    await s.customers.softRemove(await s.load())
    const deleted = await s.customers.findOneOrFail({ where: { id: 1 }, relations: { notes: true }, withDeleted: true })
    await s.customers.recover(deleted)
  },
  "soft-remove the parent and recover what came back as JSON": async (s) => {
    await s.customers.softRemove(await s.load())
    const deleted = await s.customers.findOneOrFail({ where: { id: 1 }, relations: { notes: true }, withDeleted: true })
    await s.customers.recover(roundTrip(deleted))
  },
  "soft-remove an object made by hand": async (s) => s.customers.softRemove(await s.plain([])),
  "recover an object made by hand": async (s) => s.customers.recover(await s.plain([])),
  "soft-remove several parents": async (s) => s.customers.softRemove([await s.load(1), roundTrip(await s.load(2))]),
}

describe("softRemove and recover", () => {
  it.each(Object.keys(softly))("%s: reach own rows only, as if there were no others", async (name) => {
    const wanted = await wantedOutcome(world, notes, (s) => withTenant(1, () => softly[name]!(s)))

    expect(await guardedOutcome(world, notes, (s) => withTenant(1, () => softly[name]!(s)))).toEqual(wanted)
  })

  it.each(Object.keys(softly).filter((name) => name.includes("object made by hand")))(
    "%s: without the failsafe, foreign rows are soft-deleted",
    async (name) => {
      const { damaged } = await witness(world, world.vanilla, notes, softly[name]!)

      expect(damaged).toEqual(["note foreign 2: soft-deleted", "note foreign 4: soft-deleted"])
    },
  )
})

describe("foreign rows that are soft-deleted already", () => {
  it.each(["save", "softRemove", "recover"] as const)("stay as they are on %s", async (operation) => {
    await world.database.sql('update note set "deletedAt" = now() where id in (2, 4)')

    const { damaged } = await witness(world, world.guarded, notes, (s) =>
      withTenant(1, async () => s.customers[operation](roundTrip(await s.load()))),
    )

    expect(damaged).toEqual([])
  })
})

describe("remove of the parent", () => {
  it.each(["addresses", "lines", "phones"])(
    "is refused while foreign %s hang on it, and changes nothing",
    async (path) => {
      const before = await readRows(world)

      const { failed } = await witness(world, world.guarded, hazardOf(path), (s) =>
        withTenant(1, async () => s.customers.remove(await s.load())),
      )

      expect(failed).toMatch(/^Deleting Customer .* would reach rows of other tenants that hang on it: /)
      expect(await readRows(world)).toEqual(before)
    },
  )

  it("with cascade is refused for the foreign children, and removes no own ones", async () => {
    const side = await world.open({})
    side.dataSource.getMetadata(side.entities.Customer).findRelationWithPropertyPath("lines")!.isCascadeRemove = true
    const before = await readRows(world)

    const { failed } = await witness(world, side, hazardOf("lines"), (s) =>
      withTenant(1, async () => s.customers.remove(await s.load())),
    )

    expect(failed).toMatch(/^Deleting Customer .* would reach rows of other tenants that hang on it: /)
    expect(await readRows(world)).toEqual(before)
  })

  it("of a child leaves the parent's other children alone", async () => {
    const { damaged, own } = await witness(world, world.guarded, hazardOf("addresses"), (s) =>
      withTenant(1, async () => {
        const customer = await s.load()
        const [first] = s.own(customer)
        await s.without(customer, (child) => child === first)
        await s.children.remove(first!)
        await s.save(customer)
      }),
    )

    expect(damaged).toEqual([])
    expect(own.filter((line) => line.startsWith("address"))).toHaveLength(3)
  })

  it("asks for no tenants with writes 'allow'", async () => {
    const { dataSource, entities, queries } = await world.open({ writes: "allow" })
    const { result } = await collectLeaks(() =>
      withTenant(1, async () => {
        const customer = await dataSource.getRepository(entities.Customer).findOneByOrFail({ id: 1 })
        queries.length = 0
        await expect(dataSource.manager.remove(customer)).rejects.toThrow("foreign key")
        return [...queries]
      }),
    )

    expect(result.filter((query) => query.includes('AS "tenant"'))).toEqual([])
  })

  it("works for a customer without children", async () => {
    const { failed, damaged } = await witness(world, world.guarded, hazardOf("addresses"), (s) =>
      withTenant(1, async () => s.customers.remove(await s.save({ id: 3, name: "Cleo", code: "c-3", contact: {} }))),
    )

    expect({ failed, damaged }).toEqual({ failed: undefined, damaged: [] })
  })
})
