import { switchTenant, withoutTenant, withTenant, withTenants } from "../../../src/index.ts"
import { roundTrip, type Row, type Session } from "./orphan-session.ts"

export type Scenario = (session: Session) => Promise<unknown>

/** What an application of tenant 1 does to customers whose relation holds foreign children. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  "load and save": async (s) => s.save(await s.load()),
  "save twice": async (s) => s.save(await s.save(await s.load())),
  "edit the parent": async (s) => s.save(Object.assign(await s.load(), { name: "Ada L." })),
  "edit an own child": async (s) => {
    const customer = await s.load()
    s.own(customer)[0]!["label"] = "own, edited"
    return s.save(customer)
  },
  "add a child": async (s) => {
    const customer = await s.load()
    await s.assign(customer, [...s.of(customer), await s.added()])
    return s.save(customer)
  },
  "remove an own child": async (s) => {
    const customer = await s.load()
    await s.without(customer, ({ label }) => label === "own 1")
    return s.save(customer)
  },
  "remove a shared child": async (s) => {
    const customer = await s.load()
    await s.without(customer, ({ label }) => label === "shared 3")
    return s.save(customer)
  },
  "replace an own child": async (s) => {
    const customer = await s.load()
    const kept = s.of(customer).filter(({ label }) => label !== "own 5")
    await s.assign(customer, [...kept, await s.added()])
    return s.save(customer)
  },
  "assign []": async (s) => {
    const customer = await s.load()
    await s.assign(customer, [])
    return s.save(customer)
  },
  "assign null": async (s) => {
    const customer = await s.load()
    await s.assign(customer, null)
    return s.save(customer)
  },
  "save what came back as JSON": async (s) => s.save(roundTrip(await s.load())),
  "save what came back as JSON with a child less": async (s) => {
    const customer = await s.load()
    await s.without(customer, ({ label }) => label === "own 1")
    return s.save(roundTrip(customer))
  },
  "save a spread copy": async (s) => s.save({ ...(await s.load()) }),
  "save a copy made by create()": async (s) => s.save(s.customers.create(await s.load())),
  merge: async (s) => s.save(s.customers.merge(await s.load(), { name: "Ada L." })),
  "merge with children": async (s) => {
    const customer = await s.load()
    const [first] = s.own(customer)
    return s.save(s.customers.merge(customer, roundTrip(await s.plain([{ ...first, label: "own, merged" }]))))
  },
  preload: async (s) => {
    const customer = await s.load()
    return s.save((await s.customers.preload(roundTrip(await s.plain(s.own(customer)))))!)
  },
  "save an object made by hand, with []": async (s) => s.save(await s.plain([])),
  "save an object made by hand, with null": async (s) => s.save(await s.plain(null)),
  "save an object made by hand, with an own child": async (s) => s.save(await s.plain(s.own(await s.load()))),
  "save an object without the relation": async (s) => s.save({ id: 1, name: "Ada L." }),
  "save in a transaction": async (s) =>
    s.side.dataSource.transaction(async (manager) => {
      const inside = s.with(manager)
      const customer = await inside.load()
      await inside.without(customer, ({ label }) => label === "own 1")
      await inside.save(customer)
    }),
  "save in the transaction of a query runner": async (s) => {
    const runner = s.side.dataSource.createQueryRunner()
    await runner.startTransaction()
    try {
      const inside = s.with(runner.manager)
      await inside.save(Object.assign(await inside.load(), { name: "Ada L." }))
      await inside.save(roundTrip(await inside.load()))
      await runner.commitTransaction()
    } finally {
      await runner.release()
    }
  },
  "save several parents": async (s) => s.customers.save([await s.load(1), await s.load(2)]),
  "save several parents in chunks": async (s) => {
    const parents = [roundTrip(await s.load(1)), roundTrip(await s.load(2))]
    return s.customers.save(parents, { chunk: 1 })
  },
  "save several parents, emptied": async (s) => s.customers.save([await s.plain([], 1), await s.plain([], 2)]),
  "save two instances of one parent": async (s) => s.customers.save([await s.load(), await s.load()]),
  "save without reading back": async (s) => s.customers.save(roundTrip(await s.load()), { reload: false }),
  "save without a transaction": async (s) => s.customers.save(roundTrip(await s.load()), { transaction: false }),
  "move a child to another parent": async (s) => {
    const [ada, bob] = [await s.load(1), await s.load(2)]
    const moved = s.own(ada)[0]!
    await s.without(ada, (child) => child === moved)
    await s.assign(bob, [...s.of(bob), moved])
    await s.save(ada)
    return s.save(bob)
  },
  "soft-remove the parent": async (s) => s.customers.softRemove(await s.load()),
  "recover the parent": async (s) => {
    const customer = await s.load()
    await s.customers.softDelete({ id: 1 })
    return s.customers.recover(customer)
  },
  "soft-remove a parent that came back as JSON": async (s) => s.customers.softRemove(roundTrip(await s.load())),
  "save through a grand-parent": async (s) => {
    const regions = s.side.dataSource.getRepository<Row>(s.side.entities.Region)
    const region = await regions.findOneByOrFail({ id: 1 })
    region["customers"] = [await s.load(1), roundTrip(await s.load(2))]
    return regions.save(region)
  },
  "save several at once": async (s) => {
    const [ada, bob] = [await s.load(1), roundTrip(await s.load(2))]
    return Promise.all([s.save(Object.assign(ada, { name: "Ada L." })), s.save(Object.assign(bob, { name: "Bob M." }))])
  },
}

/** Scenarios that choose their scopes themselves. */
export const crossings: Readonly<Record<string, Scenario>> = {
  "load as a tenant, save in withoutTenant": async (s) => {
    const customer = await withTenant(1, () => s.load())
    return withoutTenant("test", () => s.save(customer))
  },
  "load and edit as a tenant, save in withoutTenant": async (s) => {
    const customer = await withTenant(1, () => s.load())
    await s.without(customer, ({ label }) => label === "own 1")
    return withoutTenant("test", () => s.save(customer))
  },
  "load as a tenant, save outside any scope": async (s) => {
    const customer = await withTenant(1, () => s.load())
    return s.save(Object.assign(customer, { name: "Ada L." }))
  },
  "load as a tenant, save as both": async (s) => {
    const customer = await withTenant(1, () => s.load())
    await s.without(customer, ({ label }) => label === "own 1")
    return withTenants([1, 2], "test", () => s.save(customer))
  },
  "load as a tenant, save as another": async (s) => {
    const customer = await withTenant(1, () => s.load())
    return switchTenant(2, "test", () => s.save(customer))
  },
  "load in withoutTenant, save as a tenant": async (s) => {
    const customer = await withoutTenant("test", () => s.load())
    return withTenant(1, () => s.save(customer))
  },
  "load in withoutTenant, filter by hand, save as a tenant": async (s) => {
    const customer = await withoutTenant("test", () => s.load())
    await s.without(customer, ({ label }) => String(label).startsWith("foreign"))
    return withTenant(1, () => s.save(customer))
  },
}
