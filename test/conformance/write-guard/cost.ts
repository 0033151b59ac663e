import { beforeEach, describe, expect, it } from "vitest"
import { withTenant } from "../../../src/index.ts"
import type { DatabaseKind } from "../../support/databases.ts"
import type { Guard, GuardHarness, StoredRow } from "./harness.ts"
import { openedWorld } from "./world.ts"

type Write<Manager> = (manager: Manager) => Promise<void>

const addresses: readonly StoredRow[] = [11, 12].map((id) => ({ entity: "Address", id }))
const parcels: readonly StoredRow[] = [11, 12].map((id) => ({ entity: "Parcel", id }))
const enrolments: readonly StoredRow[] = [11, 12].map((id) => ({ entity: "Enrolment", id }))

/** What the guard asks the database beside what the ORM itself sends. */
export function describeWriteCost<Session, Manager>(kind: DatabaseKind, harness: GuardHarness<Session, Manager>): void {
  const world = openedWorld(kind, harness)
  beforeEach(async () => void (await world().reset()))

  const { inserts, links, deletes, joins } = harness

  const free: Readonly<Record<string, Write<Manager>>> = {
    "rows that were loaded": (manager) => harness.updateSeveral(manager, [...addresses, ...parcels], true),
    "new rows": (manager) => inserts["as entities"](manager, [newAddress(100), newAddress(101)]),
    "new rows as data": (manager) => inserts["as data"](manager, [newAddress(100), newAddress(101)]),
    "links to rows that were loaded": (manager) => links.object(manager, parcelLink, 12),
    "loaded rows on which nothing can hang": (manager) => deletes.loaded(manager, { entity: "Reply", id: 11 }),
    "rows that no tenant owns": (manager) => harness.updateUnowned(manager, 3),
    "one statement for many rows": (manager) =>
      harness.bulkUpdates.manager(manager, "Address", { kind: "keys", ids: [11, 12, 21] }),
    "one statement that deletes rows on which nothing can hang": (manager) =>
      harness.bulkDeletes.manager(manager, "Device", { kind: "keys", ids: [11, 12, 21] }),
  }

  describe.each(Object.entries(free))("%s", (_, write) => {
    it("cost no query more than in the plain ORM", async () => {
      expect(await statementsOf({}, write)).toBe(await statementsOf("vanilla", write))
    })
  })

  const lookedUp: Readonly<Record<string, readonly [most: number, write: Write<Manager>]>> = {
    "rows of one entity that were not loaded": [1, (manager) => harness.updateSeveral(manager, addresses, false)],
    "rows of two entities that were not loaded": [
      2,
      (manager) => harness.updateSeveral(manager, [...addresses, ...parcels], false),
    ],
    "rows that were loaded, whose tenant is another row's": [
      1,
      (manager) => harness.updateSeveral(manager, enrolments, true),
    ],
    "a link to a row that was not loaded": [1, (manager) => links.reference(manager, parcelLink, 12)],
    "new rows with links to rows that were not loaded": [
      1,
      (manager) =>
        inserts["as entities"](
          manager,
          [11, 12, 91].map((address, index) => ({ entity: "Parcel", id: 100 + index, links: { address } })),
        ),
    ],
    "a link of many to many to a row that was not loaded": [
      1,
      (manager) => joins["owner side"](manager, { owner: "Customer", id: 3, tag: 12 }),
    ],
    "an upsert": [
      1,
      (manager) =>
        harness.upserts.manager(
          manager,
          [11, 12].map((id) => ({ id, sku: `sku ${id}`, label: "a" })),
          "id",
        ),
    ],
    // Parcels are all that may hang on an address.
    "a deletion of a row on which rows of one relation may hang": [
      1,
      (manager) => deletes.loaded(manager, { entity: "Address", id: 11 }),
    ],
    "a statement that deletes such rows": [
      2,
      (manager) => harness.bulkDeletes.manager(manager, "Address", { kind: "keys", ids: [11] }),
    ],
  }

  describe.each(Object.entries(lookedUp))("%s", (_, [most, write]) => {
    it(`costs at most ${most} more than in the plain ORM`, async () => {
      expect((await statementsOf({}, write)) - (await statementsOf("vanilla", write))).toBeLessThanOrEqual(most)
    })
  })

  /** The number of statements that a write of own rows sends. */
  async function statementsOf(guard: Guard, write: Write<Manager>): Promise<number> {
    await world().reset()
    const session = await world().session(guard)
    const before = harness.statements(session).length
    const { outcome } = await world().attempt(() => withTenant(1, () => write(harness.manager(session))))
    await world().reset()
    const sent = harness.statements(session).length - before
    expect([outcome, sent > 0]).toEqual(["done", true])
    return sent
  }
}

const parcelLink = { entity: "Parcel", id: 11, relation: "address", target: "Address" } as const

function newAddress(id: number) {
  return { entity: "Address", id, tenant: 1 } as const
}
