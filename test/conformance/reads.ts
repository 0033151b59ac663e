import { AsyncLocalStorage } from "node:async_hooks"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { withTenant, type TenantId } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { openDatabase, type DatabaseKind, type TestDatabase } from "../support/databases.ts"
import type { Harness, ReadPath } from "./harness.ts"
import { childrenOf, ownPairs, type Pair } from "./oracle.ts"
import { relationKeys, relationOf, type Relation, type RelationKey } from "./relations.ts"
import { createTables, seed, seedCrowd } from "./schema.ts"
import { scopesOf, type ScopeCase } from "./scopes.ts"

/** What reading one relation in one scope came to. */
export interface Reading {
  readonly seen: readonly string[]
  /** `"dropped Customer.addresses: 2 of 5"`, one per report. */
  readonly reports: readonly string[]
}

/** Every read path of a harness yields exactly the own rows, and exactly one report per relation that lost rows. */
export function describeReads<Session>(kind: DatabaseKind, harness: Harness<Session>): void {
  let db: TestDatabase
  let session: Session

  beforeAll(async () => {
    db = await openDatabase(kind)
    await createTables(db)
    await seed(db)
    session = await harness.open(db)
  })
  afterAll(async () => {
    if (session !== undefined) await harness.close(session)
    await db?.close()
  })

  describe.each(pathsOn(kind, harness.reads))("%s", (_, path) => {
    const keys = keysOf(path, harness.relations)
    it.each(keys)("shows exactly the own rows of %s and reports the dropped ones once", async (key) => {
      const actual: string[] = []
      const wanted: string[] = []
      for (const scope of scopesOf(relationOf(key))) {
        wanted.push(describeReading(scope, await expectedReading(db, path, key, scope)))
        actual.push(describeReading(scope, await read(db, session, path, key, scope)))
      }
      expect(actual.join("\n")).toBe(wanted.join("\n"))
    })
  })

  describe.each(Object.entries(harness.chains))("three levels, %s", (_, chain) => {
    it.each([1, 2])("takes the own rows below a foreign one along, for tenant %i", async (tenant) => {
      const { result, leaks } = await collectLeaks(() => withTenant(tenant, () => chain.run(session)))
      const ofLines = leaks.filter(({ owner }) => owner === "Purchase").map(describeReport)
      const ofProducts = leaks.filter(({ owner }) => owner === "PurchaseLine")
      expect({ ...result, ofLines: ofLines.toSorted() }).toEqual({
        ...(await ownChain(db, tenant)),
        ofLines: await expectedReports(db, chain, "Purchase.lines", [tenant]),
      })
      expect(ofProducts.length).toBeLessThanOrEqual(chain.loads === "per parent" ? 2 : 1)
    })
  })

  describe.each(Object.entries(harness.crowds))("10,000 interleaved rows, %s", (_, crowd) => {
    beforeAll(() => seedCrowd(db, 50))
    afterAll(() => seed(db))

    it("loses no own row, keeps no foreign one, and reports once", async () => {
      const own = await db.sql("select id from address where customer_id = 50 and merchant_id = 1 order by id")
      const { result, leaks } = await collectLeaks(() => withTenant(1, () => crowd(session, 50)))
      expect(result.toSorted((a, b) => a - b)).toEqual(own.map(({ id }) => id))
      expect(leaks.map(describeReport)).toEqual(["dropped Customer.addresses: 5000 of 10000"])
    })
  })
}

/** The paths that the ORM has on this database. */
export function pathsOn<Session>(kind: DatabaseKind, reads: Readonly<Record<string, ReadPath<Session>>>) {
  return Object.entries(reads).filter(([, path]) => path.on?.includes(kind) ?? true)
}

/** The relations that can be read on this path. */
export function keysOf(
  path: Pick<ReadPath<unknown>, "over">,
  keys: readonly RelationKey[] = relationKeys,
): RelationKey[] {
  return keys.filter((key) => path.over?.(relationOf(key)) ?? true)
}

export async function read<Session>(
  db: TestDatabase,
  session: Session,
  path: ReadPath<Session>,
  key: RelationKey,
  scope: ScopeCase,
): Promise<Reading> {
  const relation = relationOf(key)
  const own = await ownPairs(db, relation, scope.tenants)
  const mostOwn = Math.max(...relation.parents.map((parent) => childrenOf(parent, own).length))
  try {
    const { result, leaks } = await scope.run(async () => {
      const outside = AsyncLocalStorage.snapshot()
      const context = {
        session,
        key,
        relation,
        db,
        mostOwn,
        unobserved: <R>(run: () => Promise<R>) => outside(run),
        asOther: <R>(run: () => Promise<R>) => outside(() => scope.asOther(run)),
      }
      return collectLeaks(() => path.run(context))
    })
    const counted = leaks.filter(({ what }) => !path.ignores?.includes(what))
    return { seen: result.toSorted(), reports: counted.map(describeReport).toSorted() }
  } catch (error) {
    return { seen: [String(error)], reports: [] }
  }
}

export async function expectedReading<Session>(
  db: TestDatabase,
  path: ReadPath<Session>,
  key: RelationKey,
  scope: ScopeCase,
): Promise<Reading> {
  const relation = relationOf(key)
  const own = await ownPairs(db, relation, scope.tenants)
  return {
    seen: path.yields === "counts" ? countsOf(relation, own) : own,
    reports: await expectedReports(db, path, key, scope.tenants),
  }
}

type Reporting = Pick<ReadPath<unknown>, "loads" | "counts" | "foreignRows">

async function expectedReports(db: TestDatabase, path: Reporting, key: RelationKey, tenants?: readonly TenantId[]) {
  if (path.foreignRows === "never fetched") return []
  const relation = relationOf(key)
  const own = await ownPairs(db, relation, tenants)
  const all = await ownPairs(db, relation)
  // A report counts the rows of the collections that lost some.
  const losses = relation.parents
    .map((parent) => ({ loaded: childrenOf(parent, all).length, own: childrenOf(parent, own).length }))
    .filter((parent) => parent.own < parent.loaded)
    .map((parent) => ({ loaded: parent.loaded, dropped: parent.loaded - parent.own }))
  const events = path.loads === "per parent" || losses.length === 0 ? losses : [losses.reduce(sum)]
  return events
    .map(({ loaded, dropped }) => `dropped ${key}: ${dropped} of ${path.counts === "foreign rows" ? dropped : loaded}`)
    .toSorted()
}

/** `"1: 3"` for each parent. */
function countsOf(relation: Relation, pairs: readonly Pair[]): string[] {
  return relation.parents.map((parent) => `${parent}: ${childrenOf(parent, pairs).length}`)
}

function describeReading({ name }: ScopeCase, { seen, reports }: Reading): string {
  return `${name}: ${seen.join(" ")} | ${reports.join(", ") || "nothing reported"}`
}

interface Loss {
  readonly loaded: number
  readonly dropped: number
}

function sum(a: Loss, b: Loss): Loss {
  return { loaded: a.loaded + b.loaded, dropped: a.dropped + b.dropped }
}

function describeReport(leak: {
  what: string
  owner: string
  relation: string | null
  rows: number
  loaded: number
}): string {
  return `${leak.what} ${leak.owner}.${leak.relation}: ${leak.rows} of ${leak.loaded}`
}

async function ownChain(db: TestDatabase, tenant: number) {
  const lines = await db.sql("select purchase_id, id from purchase_line where merchant_id = $1", [tenant])
  const products = await db.sql(
    "select line_id, product.id from product join purchase_line on purchase_line.id = line_id " +
      "where product.merchant_id = $1 and purchase_line.merchant_id = $1",
    [tenant],
  )
  return {
    lines: lines.map((row) => `${String(row["purchase_id"])}>${String(row["id"])}`).toSorted(),
    products: products.map((row) => `${String(row["line_id"])}>${String(row["id"])}`).toSorted(),
  }
}
