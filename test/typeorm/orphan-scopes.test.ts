import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { switchTenant, withoutTenant, withTenant, withTenants } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import type { FailsafeOptions } from "../../src/typeorm/index.ts"
import { rejectionOf } from "../core/support/refusal.ts"
import { essenceOf, record } from "./support/lab.ts"
import { hazardOf } from "./support/orphan-hazards.ts"
import { readRows } from "./support/orphan-rows.ts"
import { witness } from "./support/orphan-run.ts"
import type { Scenario } from "./support/orphan-scenarios.ts"
import { openWorld, type Side, type World } from "./support/orphan-world.ts"

const addresses = hazardOf("addresses")
const detached = ["address foreign 2: detached", "address foreign 4: detached"]
let world: World

beforeAll(async () => {
  world = await openWorld()
})
beforeEach(() => world.reset())
afterAll(() => world.close())

async function opened(failsafe: Partial<FailsafeOptions>): Promise<Side> {
  return world.open(failsafe)
}

function unloadedWrite(loaded: number, rows: number) {
  const names = { owner: "Customer", relation: "addresses", child: "Address", column: "merchantId" }
  return { what: "unloaded-write", ...names, loaded, rows, dropped: 0, strategy: "save" }
}

function noTenant(loaded: number) {
  return { ...unloadedWrite(loaded, loaded), what: "no-tenant" }
}

function written(rows: number) {
  return { ...unloadedWrite(rows, rows), what: "write", owner: "Address", relation: null, strategy: "update" }
}

/** An object made by hand that shows no address at all. */
const empty: Scenario = async (session) => session.save(await session.plain([]))

describe("outside any scope", () => {
  it("refuses by default to save what lacks stored children, and changes nothing", async () => {
    const before = await readRows(world)

    const { result } = await collectLeaks(() =>
      rejectionOf(
        world.guarded.dataSource.getRepository(world.guarded.entities.Customer).save({ id: 1, addresses: [] }),
      ),
    )

    expect(result).toEqual({
      code: "TENANT_MISSING",
      message: expect.stringMatching(
        /^Customer\.addresses was saved outside any tenant scope, in .+[.?] Wrap the caller in withTenant\(id, fn\), or in withoutTenant\(reason, fn\) if it must see every tenant\.$/,
      ) as string,
      details: {
        owner: "Customer",
        relation: "addresses",
        child: "Address",
        column: "merchantId",
        entryPoint: expect.stringContaining("test/typeorm/orphan-scopes.test.ts:") as string,
      },
    })
    expect(await readRows(world)).toEqual(before)
  })

  it("records what it refuses", async () => {
    const { leaks } = await witness(world, world.guarded, addresses, empty)

    expect(leaks.map(essenceOf)).toEqual([noTenant(5)])
  })

  it("saves what lacks no stored child", async () => {
    const { failed, leaks } = await witness(world, world.guarded, addresses, async (session) => {
      const customer = await withoutTenant("test", () => session.load())
      await session.save(Object.assign(customer, { name: "Ada L." }))
    })

    expect({ failed, leaks }).toEqual({ failed: undefined, leaks: [] })
  })

  it("saves what lacks only what was hidden from it", async () => {
    const { failed, damaged } = await witness(world, world.guarded, addresses, async (session) => {
      const customer = await withTenant(1, () => session.load())
      await session.save(Object.assign(customer, { name: "Ada L." }))
    })

    expect({ failed, damaged }).toEqual({ failed: undefined, damaged: [] })
  })

  it("refuses where more is missing than what was hidden", async () => {
    const { leaks, damaged } = await witness(world, world.guarded, addresses, async (session) => {
      const customer = await withTenant(1, () => session.load())
      await session.without(customer, ({ label }) => label === "own 1")
      await session.save(customer)
    })

    expect(leaks.map(essenceOf).filter(({ what }) => what !== "dropped")).toEqual([noTenant(1)])
    expect(damaged).toEqual([])
  })

  it("does as TypeORM does and records it with noTenant 'report'", async () => {
    const side = await opened({ noTenant: "report" })

    const { damaged, leaks } = await witness(world, side, addresses, empty)

    const rows = { ...noTenant(0), owner: "Address", relation: null }
    expect(damaged).toEqual(detached)
    expect(leaks.map(essenceOf)).toEqual([noTenant(5), rows])
  })

  it("does as TypeORM does in silence with noTenant 'allow'", async () => {
    const side = await opened({ noTenant: "allow" })

    const { damaged, leaks } = await witness(world, side, addresses, empty)

    expect(damaged).toEqual(detached)
    expect(leaks).toEqual([])
  })
})

describe("in other scopes", () => {
  it("does as TypeORM does in withoutTenant with an object made by hand", async () => {
    const { damaged, leaks } = await witness(world, world.guarded, addresses, (session) =>
      withoutTenant("test", () => empty(session)),
    )

    expect({ damaged, leaks }).toEqual({ damaged: detached, leaks: [] })
  })

  it("takes the children of a whole set of tenants for own", async () => {
    const { damaged, leaks } = await witness(world, world.guarded, addresses, (session) =>
      withTenants([1, 2], "test", () => empty(session)),
    )

    expect({ damaged, leaks }).toEqual({ damaged: detached, leaks: [] })
  })

  it("keeps what became foreign when another tenant saves the instance", async () => {
    const { own, failed } = await witness(world, world.guarded, addresses, async (session) => {
      const customer = await withTenant(1, () => session.load())
      await session.assign(customer, [])
      await switchTenant(2, "test", () => session.save(customer))
    })

    expect(failed).toBeUndefined()
    expect(own.filter((line) => line.startsWith("address") && line.includes('"customerId":1'))).toHaveLength(2)
  })

  it("does not harm what was hidden when another tenant saves the instance", async () => {
    const { damaged } = await witness(world, world.guarded, addresses, async (session) => {
      const customer = await withTenant(1, () => session.load())
      await session.assign(customer, [])
      await switchTenant(2, "test", () => session.save(customer))
    })

    expect(damaged).toEqual([])
  })
})

describe("policies", () => {
  it("does as TypeORM does and records it with onLeak and writes 'report'", async () => {
    const side = await opened({ onLeak: "report", writes: "report" })

    const { damaged, leaks } = await witness(world, side, addresses, (session) => withTenant(1, () => empty(session)))

    expect(damaged).toEqual(detached)
    expect(leaks.map(essenceOf)).toEqual([unloadedWrite(5, 2), written(2)])
  })

  it("refuses to detach foreign children that onLeak 'report' shows", async () => {
    const side = await opened({ onLeak: "report" })

    const { damaged, leaks } = await witness(world, side, addresses, (session) => withTenant(1, () => empty(session)))

    expect(damaged).toEqual([])
    expect(leaks.map(essenceOf)).toEqual([unloadedWrite(5, 2), written(2)])
  })

  it("leaves foreign children alone and records it with onLeak 'throw'", async () => {
    const side = await opened({ onLeak: "throw" })

    const { damaged, failed, leaks } = await witness(world, side, addresses, (session) =>
      withTenant(1, () => empty(session)),
    )

    expect({ damaged, failed }).toEqual({ damaged: [], failed: undefined })
    expect(leaks.map(essenceOf)).toEqual([unloadedWrite(5, 2)])
  })

  it("does as TypeORM does where the relation is unfiltered on purpose, with writes 'allow'", async () => {
    const side = await opened({ unfiltered: { "Customer.addresses": "test" }, writes: "allow" })

    const { damaged, leaks } = await witness(world, side, addresses, (session) => withTenant(1, () => empty(session)))

    expect({ damaged, leaks }).toEqual({ damaged: detached, leaks: [] })
  })

  it("refuses to change the foreign rows themselves where the relation is unfiltered on purpose", async () => {
    const side = await opened({ unfiltered: { "Customer.addresses": "test" } })

    const { damaged, leaks } = await witness(world, side, addresses, (session) => withTenant(1, () => empty(session)))

    expect([damaged, leaks.map(essenceOf)]).toEqual([[], [written(2)]])
  })
})

describe("records", () => {
  const saving = (work: Scenario) => witness(world, world.guarded, addresses, (s) => withTenant(1, () => work(s)))

  it("names the relation, the place and the counts of what was held back", async () => {
    const { leaks } = await saving(empty)

    expect(leaks).toStrictEqual([
      record(
        {
          what: "unloaded-write",
          owner: "Customer",
          relation: "addresses",
          child: "Address",
          loaded: 5,
          rows: 2,
          strategy: "save",
        },
        { file: "test/typeorm/support/orphan-session.ts", function: "Session.save" },
      ),
    ])
  })

  it("yields one for several parents", async () => {
    const { leaks } = await saving(async (s) => s.customers.save([await s.plain([], 1), await s.plain([], 2)]))

    expect(leaks.map(essenceOf)).toEqual([unloadedWrite(7, 3)])
  })

  it("yields one for each relation", async () => {
    const { leaks } = await saving((s) => s.save({ id: 1, addresses: [], tags: [] }))

    expect(leaks.map(({ relation, rows }) => `${relation} ${rows}`)).toEqual(["addresses 2", "tags 2"])
  })

  it("yields none where only own children are missing", async () => {
    const { leaks } = await saving(async (s) => {
      const customer = await withoutTenant("test", () => s.load())
      await s.without(customer, ({ label }) => label === "own 1")
      await s.save(customer)
    })

    expect(leaks).toEqual([])
  })

  it("yields none for what was hidden from the instance", async () => {
    const { leaks } = await saving(async (s) => s.save(await s.load()))

    expect(leaks.map(({ what }) => what)).toEqual(["dropped", "dropped"])
  })
})
