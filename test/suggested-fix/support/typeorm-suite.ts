import { LessThanOrEqual, type DataSource } from "typeorm"
import { afterAll, beforeAll, expect, it } from "vitest"
import { withTenant } from "../../../src/index.ts"
import { collectLeaks } from "../../../src/testing/index.ts"
import type { DatabaseKind } from "../../support/databases.ts"
import { isOlderTypeorm, openLab, type Lab } from "../../typeorm/support/lab.ts"
import { writeModules, type Modules } from "./modules.ts"
import { keyOf, outcomeOf, ownRoots, wholeRelation, type Outcome } from "./oracle.ts"
import { failsafeOptions, lastChild, lastParent, rows } from "./shapes.ts"
import { entities } from "./typeorm-domain.ts"
import { shapes, snippetOf, suggestedSnippets } from "./typeorm-fixes.ts"

const addresses = shapes["a column, or shared"]!

/** What looks like a fix and is none, with what it does. */
const wrong: Readonly<Record<string, { readonly code: string; readonly outcome: Outcome }>> = {
  "a condition on the relation in `where`": {
    code: 'await dataSource.getRepository(Customer).find({ where: { ...where, addresses: { merchantId: Number(requireTenant()) } }, relations: { addresses: true }, relationLoadStrategy: "join" })',
    outcome: { parents: [1], pairs: ["1-1", "1-3"], leaks: [] },
  },
  "a condition on the relation in `where`, a query per relation": {
    code: 'await dataSource.getRepository(Customer).find({ where: { ...where, addresses: { merchantId: Number(requireTenant()) } }, relations: { addresses: true }, relationLoadStrategy: "query" })',
    outcome: { parents: [1], pairs: ["1-1", "1-3", "1-5"], leaks: ["dropped Customer.addresses"] },
  },
  "a condition behind the join": {
    code: 'await dataSource.createQueryBuilder(Customer, "customer").leftJoinAndSelect("customer.addresses", "address").where(where).andWhere("(address.merchantId = :tenant OR address.merchantId IS NULL)", { tenant: Number(requireTenant()) }).getMany()',
    outcome: { parents: [1, 3], pairs: ["1-1", "1-3", "1-5"], leaks: [] },
  },
  "a join without a condition": {
    code: 'await dataSource.createQueryBuilder(Customer, "customer").leftJoinAndSelect("customer.addresses", "address").where(where).getMany()',
    outcome: { parents: [1, 2, 3], pairs: ["1-1", "1-3", "1-5"], leaks: ["dropped Customer.addresses"] },
  },
}

/** Runs every fix for TypeORM on one kind of database, where relations are loaded by joins or by queries of their own. */
export function typeormFixes(kind: DatabaseKind, relationLoadStrategy: "join" | "query"): void {
  let lab: Lab
  let modules: Modules
  let controls: Modules

  beforeAll(async () => {
    lab = await openLab([...entities], { kind, failsafe: failsafeOptions, config: { relationLoadStrategy } })
    for (const row of rows) await lab.database.sql(row)
    const config = isOlderTypeorm ? "tsconfig.typeorm-0.3.json" : "tsconfig.json"
    modules = await writeModules(suggestedSnippets(), config)
    const wrongSnippets = Object.entries(wrong).map(([name, { code }]) => [name, snippetOf("Customer", code)])
    controls = await writeModules(Object.fromEntries(wrongSnippets), config)
  })

  afterAll(async () => {
    await lab?.close()
    await modules?.remove()
    await controls?.remove()
  })

  it("compiles every fix, and what looks like one", async () => {
    expect(await modules.compile()).toBe("")
    expect(await controls.compile()).toBe("")
  })

  it("prints every fix as a formatter does", async () => {
    expect(await modules.misformatted()).toBe("")
  })

  it.each(Object.values(shapes))("is asked for by a leak: $relation", async ({ owner, relation, child, column }) => {
    const query = lab.dataSource
      .createQueryBuilder<object>(owner, "owner")
      .leftJoinAndSelect(`owner.${relation}`, "row")
    const load = () => query.where(given(lab.dataSource).where).getMany()
    const { leaks } = await collectLeaks(() => withTenant(1, load))
    expect(leaks).toMatchObject([{ what: "dropped", owner, relation, child, column, strategy: "join" }])
  })

  it.each(Object.keys(shapes))("closes the leak and keeps every parent and shared row: %s", async (name) => {
    const { relation } = shapes[name]!
    const load = () => modules.run(`${name}: join`, given(lab.dataSource))
    const { result, leaks } = await collectLeaks(() => withTenant(1, load))
    expect(await outcomeOf(result, relation, leaks)).toEqual(await wholeRelation(lab.database, shapes[name]!))
  })

  it.each(Object.keys(shapes))("loads in the tenant's scope what was loaded in none: %s", async (name) => {
    const { relation } = shapes[name]!
    const load = () => modules.run(`${name}: no tenant`, { ...given(lab.dataSource), tenant: 1 })
    const { result, leaks } = await collectLeaks(load)
    expect(await outcomeOf(result, relation, leaks)).toEqual(await wholeRelation(lab.database, shapes[name]!))
  })

  it.each(Object.keys(shapes))("closes the leak at top level: %s", async (name) => {
    const key = shapes[name]!.child === "Line" ? "number" : "id"
    const where = { [key]: LessThanOrEqual(lastChild) }
    const load = () => modules.run(`${name}: root`, { dataSource: lab.dataSource, where })
    const { result, leaks } = await collectLeaks(() => withTenant(1, load))
    expect({ keys: result.map(keyOf).toSorted((a, b) => a - b), leaks }).toEqual({
      keys: await ownRoots(lab.database, shapes[name]!),
      leaks: [],
    })
  })

  it("leaves foreign rows to their owners when what a fix loaded is saved", async () => {
    const before = await lab.database.sql("select * from address order by id")
    const { leaks } = await collectLeaks(() =>
      withTenant(1, async () => {
        const loaded = await modules.run("a column, or shared: join", given(lab.dataSource))
        await lab.dataSource.getRepository("Customer").save(loaded)
      }),
    )
    const after = await lab.database.sql("select * from address order by id")
    // Of what the query left out, nothing tells that it was foreign but a look-up: hence the record.
    expect({ after, leaks: leaks.map(({ what }) => what) }).toEqual({ after: before, leaks: ["unloaded-write"] })
  })

  it.each(Object.entries(wrong))("catches %s", async (name, { outcome }) => {
    const load = () => controls.run(name, given(lab.dataSource))
    const { result, leaks } = await collectLeaks(() => withTenant(1, load))
    expect(await outcomeOf(result, addresses.relation, leaks)).toEqual(outcome)
  })
}

function given(dataSource: DataSource) {
  return { dataSource, where: { id: LessThanOrEqual(lastParent) } }
}
