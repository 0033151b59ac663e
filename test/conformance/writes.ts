import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { openDatabase, type DatabaseKind, type TestDatabase } from "../support/databases.ts"
import type { Aftermath, Harness, RequiredEdit } from "./harness.ts"
import { changes, dump, ownPairs, type Pair } from "./oracle.ts"
import { keysOf } from "./reads.ts"
import { relationOf, type RelationKey } from "./relations.ts"
import { createTables, seed } from "./schema.ts"
import { added, expectedEdit, families } from "./write-effects.ts"

const edits: readonly RequiredEdit[] = ["add a new child", "remove an own child", "remove all", "replace all"]

/** No write hazard changes a row of another tenant, and each edit is applied exactly to the own rows. */
export function describeWrites<Session>(kind: DatabaseKind, harness: Harness<Session>): void {
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

  describe.each(Object.entries(harness.flushes))("flush after: %s", (_, flush) => {
    it.each(keysOf(flush, harness.relations))(
      "changes nothing and touches no foreign row when %s was only read",
      async (key) => {
        const [tenant] = relationOf(key).tenants
        const own = await ownRewrites(db, key)
        const changed = await changesBy(db, () => withTenant(tenant, () => flush(session, key)))
        expect(changed.filter((line) => !own.includes(line))).toEqual([])
      },
    )
  })

  describe.each(edits)("%s", (edit) => {
    it.each(families)("changes exactly the own rows of Customer.%s", async (family) => {
      const expected = await expectedEdit(db, family, edit)
      expect(await changesBy(db, () => withTenant(1, () => harness.edits[edit](session, family)))).toEqual(expected)
    })
  })

  describe.each(Object.entries(harness.unloaded))("%s on an unloaded collection", (_, hazard) => {
    it.each(families)(`${hazard.effect}: Customer.%s, and the manager goes on`, async (family) => {
      const own = await ownOfFirst(db, `Customer.${family}`)
      const expected = {
        "is refused": { outcome: "UNLOADED_WRITE", ownAfterwards: own, changed: [] },
        "removes the own rows": {
          outcome: "done",
          ownAfterwards: [],
          changed: await expectedEdit(db, family, "remove all"),
        },
        "replaces the own rows": {
          outcome: "done",
          ownAfterwards: ["1>900"],
          changed: [...(await expectedEdit(db, family, "remove all")), ...added(family)],
        },
      }[hazard.effect]
      const actual = await aftermathOf(db, () => hazard.run(session, family))
      expect(actual).toEqual({
        ...expected,
        changed: [...expected.changed, "~ customer 2 nickname: c -> still works"].toSorted(),
      })
    })
  })

  it("refuses to remove a parent that foreign rows hang on, and changes nothing", async () => {
    const own = await ownOfFirst(db, "Customer.notes")
    const actual = await aftermathOf(db, () => harness.removeParent(session))
    expect(actual).toEqual({ outcome: "WRITE_FOREIGN", ownAfterwards: own, changed: [] })
  })
}

/** The own rows of customer 1. */
async function ownOfFirst(db: TestDatabase, key: RelationKey): Promise<Pair[]> {
  return (await ownPairs(db, relationOf(key), [1])).filter((pair) => pair.startsWith("1>"))
}

/** What became of a write as tenant 1, and what it changed. */
async function aftermathOf(db: TestDatabase, write: () => Promise<Aftermath>) {
  const before = await dump(db)
  const { result } = await collectLeaks(() => withTenant(1, write))
  return { ...result, changed: changes(before, await dump(db)) }
}

// MikroORM 7.2.1 itself writes some unchanged rows (`em.refresh` of derived entities): tolerated for own ones only.
async function ownRewrites(db: TestDatabase, key: RelationKey): Promise<string[]> {
  const { table, tenants } = relationOf(key)
  const own = await ownPairs(db, relationOf(key), [tenants[0]])
  return own.map((pair) => `~ ${table} ${pair.split(">")[1]!.replace("-", ",")} rewritten`)
}

/** What a hazard changed in the database, as plain SQL sees it. */
export async function changesBy(db: TestDatabase, hazard: () => Promise<unknown>): Promise<string[]> {
  const before = await dump(db)
  await collectLeaks(hazard)
  return changes(before, await dump(db))
}
