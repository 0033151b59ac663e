import { MikroORM } from "@mikro-orm/sql"
import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { withFailsafe } from "../../src/mikro-orm/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { openDatabase, type TestDatabase } from "../support/databases.ts"
import { anyGraph, graphEntities, writeGraph, type Graph, type GraphEntities } from "./support/graph.ts"
import { GraphRun, type Checks } from "./support/graph-run.ts"
import { anyScope, anySteps, type ScopeStep, type Step } from "./support/graph-steps.ts"

/*
 * Random graphs, scopes, loads, edits and flushes against an oracle in plain SQL.
 *
 * Each run draws a new seed and prints it. To repeat one:
 *
 *   TENANT_FAILSAFE_SEED=123456 npx vitest run test/mikro-orm/property.test.ts
 *
 * TENANT_FAILSAFE_RUNS multiplies the number of runs, for a soak test over night.
 */
const seed = Number(process.env["TENANT_FAILSAFE_SEED"] ?? Math.trunc(Math.random() * 2 ** 31))
const factor = Number(process.env["TENANT_FAILSAFE_RUNS"] ?? 1)

console.log(`property.test.ts: TENANT_FAILSAFE_SEED=${seed}`)

type Case = readonly [graph: Graph, scope: ScopeStep, steps: Step[]]

interface Bench {
  readonly database: TestDatabase
  readonly orm: MikroORM
  readonly entities: GraphEntities
}

describe.each([
  ["sqlite", 180],
  ["postgresql", 50],
] as const)("any graph, scope, load and edit on %s", (kind, runs) => {
  let guarded: Bench
  let plain: Bench

  beforeAll(async () => {
    guarded = await openBench((config) => withFailsafe(config, { tenantProperty: "merchantId" }))
    plain = await openBench((config) => config)
  })

  afterAll(async () => {
    for (const bench of [guarded, plain]) {
      await bench?.orm.close()
      await bench?.database.close()
    }
  })

  it(
    "shows exactly the own and shared rows after every step, and leaves foreign rows as they are",
    { timeout: 600_000 },
    async () => {
      const anyRun = fc.assert(property(guarded, { reads: true, writes: true, stamps: true }), {
        seed,
        numRuns: Math.ceil(runs * factor),
      })

      await expect(anyRun).resolves.toBeUndefined()
    },
  )

  it("is a property that plain MikroORM does not have: foreign rows are seen", async () => {
    const outcome = await fc.check(property(plain, { reads: true, writes: false, stamps: false }), {
      seed,
      numRuns: 200,
      endOnFailure: true,
    })

    expect(outcome.failed).toBe(true)
    expect(String(outcome.errorInstance)).toMatch(/^Error: \S.*: expected .*, got /)
  })

  it("is a property that plain MikroORM does not have: foreign rows are changed", async () => {
    const outcome = await fc.check(property(plain, { reads: false, writes: true, stamps: false }), {
      seed,
      numRuns: 400,
      endOnFailure: true,
    })

    expect(outcome.failed).toBe(true)
    expect(String(outcome.errorInstance)).toMatch(/^Error: foreign rows after a flush: expected /)
  })

  function property(bench: Bench, checks: Checks): fc.IAsyncProperty<Case> {
    return fc.asyncProperty(anyGraph, anyScope, anySteps, async (graph, scope, steps) => {
      await writeGraph(bench.database, graph)
      await collectLeaks(() => new GraphRun(bench.orm, bench.database, bench.entities, graph, scope, checks).run(steps))
    })
  }

  async function openBench(guard: <Config extends object>(config: Config) => Config): Promise<Bench> {
    const database = await openDatabase(kind)
    const entities = graphEntities()
    const config = { ...database.ormConfig(), entities: Object.values(entities) }
    const orm = await MikroORM.init(guard(config))
    await orm.schema.create()
    return { database, orm, entities }
  }
})
