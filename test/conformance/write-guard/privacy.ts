import { inspect } from "node:util"
import { beforeEach, describe, expect, it } from "vitest"
import { TenantFailsafeError, withTenant } from "../../../src/index.ts"
import type { DatabaseKind } from "../../support/databases.ts"
import type { Guard, GuardHarness } from "./harness.ts"
import { openedWorld } from "./world.ts"

// Values that occur nowhere else: each of them would be found in any text that holds it.
const own = 918_273_645
const other = 827_364_554
const secrets = [own, other, 70_000_000, "SECRET-LABEL", "SECRET-SKU"].map(String)

/** What the guard says names entities, relations, places and counts; never what is in a row. */
export function describeWritePrivacy<Session, Manager>(
  kind: DatabaseKind,
  harness: GuardHarness<Session, Manager>,
): void {
  const world = openedWorld(kind, harness)
  beforeEach(async () => void (await world().reset()))

  const { updates, inserts, deletes, links, moves } = harness

  describe.each<readonly [string, Guard]>([
    ["writes: 'throw'", {}],
    ["writes: 'report'", { writes: "report" }],
  ])("under %s", (_, guard) => {
    it("no record and no error holds a key, a tenant or a content", async () => {
      await plantSecrets()
      const session = await world().session(guard)
      const said: string[] = []

      for (const write of secretWrites()) {
        const { error, leaks } = await world().attempt(() => withTenant(own, () => write(harness.manager(session))))
        said.push(JSON.stringify(leaks))
        if (error instanceof TenantFailsafeError) said.push(textOf(error))
        await plantSecrets()
      }

      expect(said.join("").length).toBeGreaterThan(1000)
      for (const secret of secrets) expect(said.filter((text) => text.includes(secret))).toEqual([])
    })
  })

  /** Every sort of write, on rows whose values occur nowhere else. */
  function secretWrites(): readonly ((manager: Manager) => Promise<void>)[] {
    const link = { entity: "Parcel", id: 700_000_002, relation: "address", target: "Address" } as const
    return [
      (manager) => updates.loaded(manager, { entity: "Address", id: 700_000_003 }),
      (manager) => updates["without loading"](manager, { entity: "Address", id: 700_000_003 }),
      (manager) => deletes.loaded(manager, { entity: "Address", id: 700_000_003 }),
      (manager) => deletes.loaded(manager, { entity: "Address", id: 700_000_004 }),
      (manager) => inserts["as entities"](manager, [{ entity: "Address", id: 700_000_009, tenant: other }]),
      (manager) => inserts["as data"](manager, [{ entity: "Address", id: 700_000_009, tenant: other }]),
      (manager) => moves.loaded(manager, { entity: "Address", id: 700_000_004 }, other),
      (manager) => moves.bulk(manager, { entity: "Address", id: 700_000_004 }, other),
      (manager) => links.reference(manager, link, 700_000_003),
      (manager) => links.bulk(manager, link, 700_000_003),
      (manager) => harness.bulkUpdates.manager(manager, "Address", { kind: "keys", ids: [700_000_003] }),
      (manager) => harness.upserts.manager(manager, [{ id: 700_000_005, sku: "SECRET-SKU", label: "a" }], "id"),
      (manager) => harness.truncate(manager, "Reply"),
    ]
  }

  async function plantSecrets(): Promise<void> {
    await world().reset()
    await world().db.sql(
      "insert into address (id, label, merchant_id) values (700000003, 'SECRET-LABEL', $1), (700000004, 'SECRET-LABEL', $2)",
      [other, own],
    )
    await world().db.sql(
      "insert into parcel (id, label, merchant_id, address_id) values (700000002, 'SECRET-LABEL', $1, null), " +
        "(700000006, 'SECRET-LABEL', $2, 700000004)",
      [own, other],
    )
    await world().db.sql(
      "insert into product (id, label, merchant_id, sku) values (700000005, 'SECRET-LABEL', $1, 'SECRET-SKU')",
      [other],
    )
    world().changedByHand()
  }
}

/** All that an error says; its stack names files, which the rest must not. */
function textOf(error: TenantFailsafeError): string {
  return inspect(error, { depth: 10 }).replaceAll(/^\s+at .*$/gm, "") + JSON.stringify(error.details)
}
