import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { openDatabase, type DatabaseKind, type TestDatabase } from "../support/databases.ts"
import type { Harness } from "./harness.ts"
import { childrenOf, ownPairs } from "./oracle.ts"
import { expectedReading, keysOf, pathsOn, read } from "./reads.ts"
import { relationOf } from "./relations.ts"
import { createTables, seed } from "./schema.ts"
import { scopesOf } from "./scopes.ts"
import { families, removed } from "./write-effects.ts"
import { changesBy } from "./writes.ts"

/** Negative control of `describeReads`: without the failsafe, every read path shows foreign rows. */
export function describeLeaks<Session>(kind: DatabaseKind, vanilla: Harness<Session>): void {
  const { db, session } = opened(kind, vanilla)

  describe.each(pathsOn(kind, vanilla.reads))("%s", (_, path) => {
    const keys = keysOf(path, vanilla.relations).filter((key) => relationOf(key).tenant !== undefined)
    it.each(keys)("leaks %s", async (key) => {
      const [scope, , , bypass] = scopesOf(relationOf(key))
      const safe = await expectedReading(db(), path, key, scope!)
      const everything = await expectedReading(db(), path, key, bypass!)
      const { seen } = await read(db(), session(), path, key, scope!)
      const foreign = seen.filter((line) => !safe.seen.includes(line))
      expect(foreign).not.toEqual([])
      expect(everything.seen).toEqual(expect.arrayContaining(path.yields === "counts" ? [] : foreign))
    })
  })
}

/** Negative control of `describeWrites`: an ORM that drops foreign rows and does no more loses all of them when it saves. */
export function describeLosses<Session>(kind: DatabaseKind, naive: Harness<Session>): void {
  const { db, session } = opened(kind, naive)

  it.each(families)("loses every foreign row of Customer.%s", async (family) => {
    const relation = relationOf(`Customer.${family}`)
    const own = await ownPairs(db(), relation, [1])
    const foreign = (await ownPairs(db(), relation)).filter((pair) => !own.includes(pair))
    const lost = relation.parents.flatMap((parent) =>
      childrenOf(parent, foreign).flatMap((id) => removed(family, id, parent)),
    )
    const flush = naive.flushes["eager, one query"]
    const changed = await changesBy(db(), () => withTenant(1, () => flush(session(), `Customer.${family}`)))
    expect(changed).toEqual(lost.toSorted())
  })
}

function opened<Session>(kind: DatabaseKind, harness: Harness<Session>) {
  let db: TestDatabase
  let session: Session
  beforeAll(async () => {
    db = await openDatabase(kind)
    await createTables(db)
    session = await harness.open(db)
  })
  beforeEach(() => seed(db))
  afterAll(async () => {
    if (session !== undefined) await harness.close(session)
    await db?.close()
  })
  return { db: () => db, session: () => session }
}
