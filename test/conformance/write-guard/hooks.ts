import { beforeEach, describe, expect, it } from "vitest"
import { withTenant } from "../../../src/index.ts"
import type { DatabaseKind } from "../../support/databases.ts"
import type { GuardHarness, Hook } from "./harness.ts"
import { openedWorld } from "./world.ts"

/** What the application's own listeners change right before a row is written is no way around the guard. */
export function describeHookedWrites<Session, Manager>(
  kind: DatabaseKind,
  harness: GuardHarness<Session, Manager>,
): void {
  const world = openedWorld(kind, harness)
  beforeEach(async () => void (await world().reset()))

  type Write = (manager: Manager) => Promise<void>
  const update: Write = (manager) => harness.updates.loaded(manager, { entity: "Parcel", id: 11 })
  const insert: Write = (manager) => harness.inserts["as entities"](manager, [{ entity: "Parcel", id: 100, tenant: 1 }])
  const cases: readonly (readonly [what: string, hook: Hook, write: Write, code: string])[] = [
    ["gives an updated row to another tenant", "gives it away", update, "TENANT_IMMUTABLE"],
    ["gives a new row to another tenant", "gives it away", insert, "WRITE_FOREIGN"],
    ["links an updated row to a foreign one", "links it", update, "WRITE_FOREIGN"],
    ["links a new row to a foreign one", "links it", insert, "WRITE_FOREIGN"],
  ]

  describe.each(cases)("a listener that %s", (_what, hook, write, code) => {
    it("is refused, and nothing is changed", async () => {
      const manager = harness.manager(await world().session({}, hook))

      const { outcome, changed } = await world().attempt(() => withTenant(1, () => write(manager)))

      expect([outcome, changed]).toEqual([code, []])
    })

    it("is obeyed without the guard", async () => {
      const manager = harness.manager(await world().session("vanilla", hook))

      const { outcome, changed } = await world().attempt(() => withTenant(1, () => write(manager)))

      const given = hook === "links it" ? /address_id(?:=21|: 11 -> 21)/ : /merchant_id(?:=2|: 1 -> 2)/
      expect([outcome, given.test(changed.join())]).toEqual(["done", true])
    })
  })
}
