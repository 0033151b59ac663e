import { MikroORM, type Collection, type EntityClass, type LoadStrategy, type SqlEntityManager } from "@mikro-orm/sql"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { withTenant } from "../../../src/index.ts"
import { withFailsafe } from "../../../src/mikro-orm/index.ts"
import { collectLeaks } from "../../../src/testing/index.ts"
import { openDatabase, type DatabaseKind, type TestDatabase } from "../../support/databases.ts"
import { Customer, entities } from "./mikro-orm-domain.ts"
import { fixOf, rootFixOf, snippetOf, suggestedSnippets, type Form } from "./mikro-orm-fixes.ts"
import { writeModules, type Modules } from "./modules.ts"
import { keyOf, outcomeOf, ownRoots, wholeRelation, type Outcome } from "./oracle.ts"
import { failsafeOptions, lastChild, lastParent, rows, shapes, type Shape } from "./shapes.ts"

const strategies = ["joined", "select-in", "balanced"] as const
const addresses = shapes["a column, or shared"]!
const enrolments = shapes["the parent's column, or shared"]!

/** What looks like a fix and is none, with what it does under which strategy. */
const wrong = {
  "a condition on the relation in `where`": {
    code: 'await em.find(Customer, { $and: [where, { addresses: { merchantId: Number(requireTenant()) } }] }, { populate: ["addresses"] })',
    strategy: "joined",
    shape: addresses,
    outcome: { parents: [1], pairs: ["1-1", "1-3", "1-5"], leaks: ["dropped Customer.addresses"] },
  },
  "a condition that `populateWhere` infers": {
    code: 'await em.find(Customer, { $and: [where, { addresses: { merchantId: Number(requireTenant()) } }] }, { populate: ["addresses"], populateWhere: "infer" })',
    strategy: "joined",
    shape: addresses,
    outcome: { parents: [1], pairs: ["1-1", "1-3"], leaks: [] },
  },
  "a condition of the relation itself, joined": {
    code: 'await em.find(Customer, where, { populate: ["homes"] })',
    strategy: "joined",
    shape: { ...addresses, relation: "homes" },
    outcome: { parents: [1, 2, 3], pairs: ["1-1", "1-3", "1-5"], leaks: ["dropped Customer.homes"] },
  },
  "null in a list": {
    code: 'await em.find(Customer, where, { populate: ["addresses"], populateWhere: { addresses: { merchantId: { $in: [Number(requireTenant()), null!] } } } })',
    strategy: "select-in",
    shape: addresses,
    outcome: { parents: [1, 2, 3], pairs: ["1-1", "1-3"], leaks: [] },
  },
  "a condition behind a nullable to-one, joined": {
    code: 'await em.find(Customer, where, { populate: ["enrolments"], populateWhere: { enrolments: { $or: [{ student: { school: Number(requireTenant()) } }, { student: { school: null } }] } } })',
    strategy: "joined",
    shape: enrolments,
    outcome: { parents: [1, 2, 3], pairs: ["1-1", "1-3"], leaks: [] },
  },
  "an alternative at a nullable to-one, joined": {
    code: 'await em.find(Customer, where, { populate: ["enrolments"], populateWhere: { enrolments: { $or: [{ student: { school: Number(requireTenant()) } }, { student: null }, { student: { school: null } }] } } })',
    strategy: "joined",
    shape: enrolments,
    outcome: { parents: [1, 2, 3], pairs: ["1-1", "1-3", "1-5"], leaks: ["dropped Customer.enrolments"] },
  },
} as const satisfies Record<
  string,
  { code: string; strategy: (typeof strategies)[number]; shape: Shape; outcome: Outcome }
>

/** Runs every fix for MikroORM on one kind of database. */
export function mikroOrmFixes(kind: DatabaseKind): void {
  let database: TestDatabase
  let orm: MikroORM
  let modules: Modules
  let controls: Modules

  beforeAll(async () => {
    database = await openDatabase(kind)
    const config = { ...database.ormConfig(), entities: [...entities] }
    orm = await MikroORM.init(withFailsafe(config, failsafeOptions))
    await orm.schema.create()
    for (const row of rows) await database.sql(row)
    const wrongSnippets = Object.entries(wrong).map(([name, { code }]) => [name, snippetOf("Customer", code)])
    modules = await writeModules(suggestedSnippets())
    controls = await writeModules(Object.fromEntries(wrongSnippets))
  })

  afterAll(async () => {
    await orm?.close()
    await database?.close()
    await modules?.remove()
    await controls?.remove()
  })

  async function loaded(name: string, shape: Shape, strategy: string): Promise<Outcome> {
    orm.config.set("loadStrategy", strategy as `${LoadStrategy}`)
    const em = orm.em.fork() as SqlEntityManager
    const where = { id: { $lte: lastParent } }
    const { result, leaks } = await collectLeaks(() => loadBy(name, em, where, shape))
    return outcomeOf(result, shape.relation, leaks)
  }

  async function loadBy(name: string, em: SqlEntityManager, where: object, shape: Shape): Promise<object[]> {
    if (name in wrong) return withTenant(1, () => controls.run(name, { em, where }))
    if (name.endsWith("no tenant")) return modules.run(name, { em, where, tenant: 1 })
    return withTenant(1, async () => {
      if (!name.endsWith("collection")) return modules.run(name, { em, where })
      const parents = await em.find<object>(classOf(shape.owner), where)
      for (const parent of parents) await modules.run(name, { customer: parent, partner: parent, student: parent })
      return parents
    })
  }

  const classOf = (entity: string) => orm.getMetadata().getByClassName(entity).class as EntityClass<object>

  it("compiles every fix, and what looks like one", async () => {
    expect(await modules.compile()).toBe("")
    expect(await controls.compile()).toBe("")
  })

  it("prints every fix as a formatter does", async () => {
    expect(await modules.misformatted()).toBe("")
  })

  it.each(Object.values(shapes))("is asked for by a leak: $relation", async ({ owner, relation, child, column }) => {
    const load = () =>
      orm.em.fork().find(classOf(owner), { id: { $lte: lastParent } }, { populate: [relation] as never })
    const { leaks } = await collectLeaks(() => withTenant(1, load))
    expect(leaks).toMatchObject([{ what: "dropped", owner, relation, child, column }])
  })

  describe.each(strategies)("%s", (strategy) => {
    describe.each(["find", "collection", "query builder", "no tenant"] as const satisfies Form[])("%s", (form) => {
      it.each(Object.keys(shapes))("closes the leak and keeps every parent and shared row: %s", async (name) => {
        const outcome = await loaded(`${name}: ${form}`, shapes[name]!, strategy)
        expect(outcome).toEqual(await wholeRelation(database, shapes[name]!))
      })
    })
  })

  it.each(Object.keys(shapes))("closes the leak at top level: %s", async (name) => {
    const key = shapes[name]!.child === "Line" ? "number" : "id"
    const given = { em: orm.em.fork(), where: { [key]: { $lte: lastChild } } }
    const { result, leaks } = await collectLeaks(() => withTenant(1, () => modules.run(`${name}: root`, given)))
    expect({ keys: result.map(keyOf).toSorted((a, b) => a - b), leaks }).toEqual({
      keys: await ownRoots(database, shapes[name]!),
      leaks: [],
    })
  })

  it("keeps a foreign child out of a loaded collection by a condition where the child is found", async () => {
    const em = orm.em.fork() as SqlEntityManager
    const fix = fixOf(addresses, { what: "dropped", strategy: "propagation" })
    const { leaks } = await collectLeaks(() =>
      withTenant(1, async () => {
        await modules.run("a column, or shared: find", { em, where: { id: { $lte: lastParent } } })
        await modules.run("a column, or shared: root", { em, where: { id: { $lte: lastChild } } })
      }),
    )
    expect({ fix, leaks }).toEqual({ fix: rootFixOf(addresses), leaks: [] })
  })

  it.each(["a column, or shared", "many-to-many"])("lets a loaded collection be emptied: %s", async (name) => {
    const shape = shapes[name]!
    const { relation, pairs } = shape
    const fix = fixOf(shape, { what: "unloaded-write" })
    const em = orm.em.fork() as SqlEntityManager
    await em.begin()
    const { leaks } = await collectLeaks(() =>
      withTenant(1, async () => {
        const customer = await em.findOneOrFail(Customer, { id: 1 })
        await modules.run(`${name}: collection`, { customer })
        ;(customer as unknown as Record<string, Collection<object>>)[relation]!.removeAll()
        await em.flush()
      }),
    )
    const left = await em.execute<{ parent: number; tenant: number | null }[]>(pairs)
    await em.rollback()
    const result = left.filter(({ parent }) => parent === 1)
    expect({ fix, tenants: result.map(({ tenant }) => tenant), leaks }).toEqual({
      fix: fixOf(shape, { what: "dropped", call: "collection" }),
      tenants: [2],
      leaks: [],
    })
  })

  it.each(Object.entries(wrong))("catches %s", async (name, { shape, strategy, outcome }) => {
    expect(await loaded(name, shape, strategy)).toEqual(outcome)
  })
}
