import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant } from "../../src/index.ts"
import { hazardOf } from "./support/orphan-hazards.ts"
import { witness } from "./support/orphan-run.ts"
import type { Row, Session } from "./support/orphan-session.ts"
import { openWorld, type World } from "./support/orphan-world.ts"

let world: World

beforeAll(async () => {
  world = await openWorld()
})
beforeEach(() => world.reset())
afterAll(() => world.close())

type Load = (session: Session) => Promise<Row>

const one = { where: { id: 1 } }

/** Every way by which the addresses, or another relation, get into the property that is saved. */
const ways: Readonly<Record<string, { readonly path?: string; readonly load: Load }>> = {
  "find with relations": { load: (s) => s.load() },
  "find with a page": {
    load: async (s) => (await s.customers.find({ ...one, relations: { addresses: true }, take: 1 }))[0]!,
  },
  findAndCount: {
    load: async (s) => (await s.customers.findAndCount({ ...one, relations: { addresses: true }, take: 1 }))[0][0]!,
  },
  "find with a query per relation": {
    load: (s) => s.customers.findOneOrFail({ ...one, relations: { addresses: true }, relationLoadStrategy: "query" }),
  },
  "find with a query per relation, m:n": {
    path: "tags",
    load: (s) => s.customers.findOneOrFail({ ...one, relations: { tags: true }, relationLoadStrategy: "query" }),
  },
  "find with relation ids": {
    load: (s) =>
      s.customers.findOneOrFail({
        ...one,
        loadEagerRelations: false,
        loadRelationIds: { relations: ["addresses"], disableMixedMap: true },
      }),
  },
  leftJoinAndSelect: {
    load: (s) =>
      s.customers.createQueryBuilder("c").leftJoinAndSelect("c.addresses", "a").where("c.id = 1").getOneOrFail(),
  },
  "leftJoinAndMapMany to the relation's own property": {
    load: (s) =>
      s.customers
        .createQueryBuilder("c")
        .leftJoinAndMapMany("c.addresses", "c.addresses", "a")
        .where("c.id = 1")
        .getOneOrFail(),
  },
  "leftJoinAndMapMany of the entity to the relation's own property": {
    load: (s) =>
      s.customers
        .createQueryBuilder("c")
        .leftJoinAndMapMany("c.addresses", s.side.entities.Address, "a", 'a."customerId" = c.id')
        .where("c.id = 1")
        .getOneOrFail(),
  },
  "loadMany into the property": {
    load: async (s) => {
      const customer = await s.customers.findOneByOrFail({ id: 1 })
      const query = s.customers.createQueryBuilder().relation("addresses").of(customer)
      return Object.assign(customer, { addresses: await query.loadMany() })
    },
  },
  "a lazy 1:m": { path: "purchases", load: (s) => s.load() },
  "a lazy m:n": { path: "badges", load: (s) => s.load() },
  "an eager relation that nobody asked for": { path: "phones", load: (s) => s.customers.findOneByOrFail({ id: 1 }) },
  "an embedded relation": { path: "contact.emails", load: (s) => s.load() },
  "a relation by another key": { path: "offers", load: (s) => s.load() },
  "below a grand-parent": {
    load: async (s) => {
      const regions = s.side.dataSource.getRepository<Row>(s.side.entities.Region)
      const region = await regions.findOneOrFail({ where: { id: 1 }, relations: { customers: { addresses: true } } })
      return (region["customers"] as Row[]).find(({ id }) => id === 1)!
    },
  },
}

describe.each(Object.keys(ways))("what was hidden from an instance, loaded by %s", (name) => {
  const { path = "addresses", load } = ways[name]!

  it("is left alone when that instance is saved in withoutTenant", async () => {
    const { damaged, failed } = await witness(world, world.guarded, hazardOf(path), async (session) => {
      const customer = await withTenant(1, () => load(session))
      await withoutTenant("test", () => session.save(customer))
    })

    expect({ damaged, failed }).toEqual({ damaged: [], failed: undefined })
  })

  it("is left alone, without a record, when that instance is saved as the same tenant", async () => {
    const { damaged, leaks } = await witness(world, world.guarded, hazardOf(path), (session) =>
      withTenant(1, async () => session.save(await load(session))),
    )

    expect({ damaged, recorded: leaks.filter(({ what }) => what === "unloaded-write") }).toEqual({
      damaged: [],
      recorded: [],
    })
  })
})
