import type { EntitySubscriberInterface } from "typeorm"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { hazardOf } from "./support/orphan-hazards.ts"
import { witness } from "./support/orphan-run.ts"
import { roundTrip, Session, type Row } from "./support/orphan-session.ts"
import { openWorld, type Side, type World } from "./support/orphan-world.ts"

const addresses = hazardOf("addresses")
let world: World

beforeAll(async () => {
  world = await openWorld()
})
beforeEach(() => world.reset())
afterAll(() => world.close())

/** The statements of one save, after what led to it. */
async function queriesOf(
  side: Side,
  load: (session: Session) => Promise<Row | Row[]>,
  hazard = addresses,
): Promise<string[]> {
  const session = new Session(side, hazard)
  const { result } = await collectLeaks(() =>
    withTenant(1, async () => {
      const customers = await load(session)
      side.queries.length = 0
      await session.save(customers)
      return [...side.queries]
    }),
  )
  return result
}

/** The statements that the failsafe adds: TypeORM alone gives no column this name. */
function lookUps(queries: readonly string[]): string[] {
  return queries.filter((query) => query.includes('AS "tenant"'))
}

describe("the queries of a save", () => {
  it("are TypeORM's own where nothing is missing", async () => {
    const loadAll = async (session: Session) => {
      const customer = await session.load()
      return Object.assign(customer, { name: "Ada L." })
    }
    await world.reset({ foreign: false })
    const wanted = await queriesOf(world.vanilla, loadAll)
    await world.reset({ foreign: false })

    expect(await queriesOf(world.guarded, loadAll)).toEqual(wanted)
  })

  it("are TypeORM's own where only what was hidden from the instance is missing", async () => {
    const load = (session: Session) => session.load()
    await world.reset({ foreign: false })
    const wanted = await queriesOf(world.vanilla, load)
    await world.reset()

    expect(await queriesOf(world.guarded, load)).toEqual(wanted)
  })

  it("are one more for a relation of any number of parents that lack children", async () => {
    const queries = await queriesOf(world.guarded, async (session) => [
      await session.plain([], 1),
      await session.plain([], 2),
    ])

    expect(lookUps(queries)).toHaveLength(1)
  })

  it("are one more for each relation that lacks children", async () => {
    const queries = await queriesOf(world.guarded, async () => [
      { id: 1, addresses: [], tags: [], purchases: [] },
      { id: 2, addresses: [], tags: [], seats: [] },
    ])

    expect(lookUps(queries)).toHaveLength(3)
  })

  it("are one more where the tenant is found through another entity", async () => {
    const load = (session: Session) => session.plain([])

    expect(lookUps(await queriesOf(world.guarded, load, hazardOf("enrolments")))).toHaveLength(1)
  })
})

describe("the connection of a save", () => {
  it("is the one that asks for the tenants: a pool of one is enough", async () => {
    const side = await world.open({}, { extra: { max: 1, connectionTimeoutMillis: 2000 } })

    const { failed, damaged } = await witness(world, side, addresses, (session) =>
      withTenant(1, async () => {
        await session.save(roundTrip(await session.load()))
        await side.dataSource.transaction(async (manager) => session.with(manager).save(await session.plain([])))
      }),
    )

    expect({ failed, damaged }).toEqual({ failed: undefined, damaged: [] })
  })

  it("sees what its transaction has not committed yet", async () => {
    const { damaged, own } = await witness(world, world.guarded, addresses, (session) =>
      withTenant(1, () =>
        world.guarded.dataSource.transaction(async (manager) => {
          await manager.query("update address set \"merchantId\" = 2, label = 'turned foreign' where id = 1")
          await session.with(manager).save(await session.plain([]))
        }),
      ),
    )

    expect(damaged).toEqual([])
    expect(own.find((line) => line.includes("turned foreign"))).toContain('"customerId":1')
  })

  it("is free again after a save was refused", async () => {
    const side = await world.open({}, { extra: { max: 1, connectionTimeoutMillis: 2000 } })
    await collectLeaks(async () => {
      const save = side.dataSource.getRepository(side.entities.Customer).save({ id: 1, addresses: [] })
      await expect(save).rejects.toMatchObject({ code: "TENANT_MISSING" })
    })

    expect(await side.dataSource.getRepository(side.entities.Region).count()).toBe(1)
  })
})

describe("subscribers", () => {
  const seen: string[] = []

  async function openWith(event: "afterLoad" | "beforeUpdate"): Promise<Side> {
    const side = await world.open({})
    const { Customer } = side.entities
    let isAsking = false
    const ask = async (find: () => Promise<Row[]>) => {
      if (isAsking) return
      isAsking = true
      const [customer] = await find()
      seen.push(...(customer!["addresses"] as Row[]).map(({ label }) => String(label)).toSorted())
      isAsking = false
    }
    const subscriber: EntitySubscriberInterface = {
      listenTo: () => Customer,
      [event]: (entity: { manager?: Side["dataSource"]["manager"] }) =>
        ask(() =>
          (entity.manager ?? side.dataSource.manager).find(Customer, {
            where: { id: 1 },
            relations: { addresses: true },
            loadEagerRelations: false,
          }),
        ),
    }
    side.dataSource.subscribers.push(subscriber)
    return side
  }

  it.each(["afterLoad", "beforeUpdate"] as const)("that load in %s are shown own rows only", async (event) => {
    const side = await openWith(event)
    seen.length = 0

    const { damaged, failed } = await witness(world, side, addresses, (session) =>
      withTenant(1, () => session.save({ id: 1, name: "Ada L.", addresses: [] })),
    )

    expect({ damaged, failed, seen }).toEqual({ damaged: [], failed: undefined, seen: ["own 1", "own 5", "shared 3"] })
  })
})
