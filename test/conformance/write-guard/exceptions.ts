import { beforeEach, expect, it } from "vitest"
import { withTenant } from "../../../src/index.ts"
import type { DatabaseKind } from "../../support/databases.ts"
import type { GuardHarness } from "./harness.ts"
import { openedWorld } from "./world.ts"

const unfiltered = { "Parcel.address": "couriers share addresses", "Customer.tags": "support staff tags everything" }
const link = { entity: "Parcel", id: 11, relation: "address", target: "Address" } as const

/** Relations that the options leave alone on purpose are left alone by the write guard, too. */
export function describeUnfilteredLinks<Session, Manager>(
  kind: DatabaseKind,
  harness: GuardHarness<Session, Manager>,
): void {
  const world = openedWorld(kind, harness)
  beforeEach(async () => void (await world().reset()))

  it.each(["reference", "bulk"] as const)(
    "links a foreign row by an unfiltered to-one relation, by %s",
    async (name) => {
      const manager = harness.manager(await world().session({ unfiltered }))

      const { changed, records } = await world().attempt(() =>
        withTenant(1, () => harness.links[name](manager, link, 21)),
      )

      expect([changed, records]).toEqual([["~ parcel 11 address_id: 11 -> 21"], []])
    },
  )

  it("links a foreign row by an unfiltered relation of many to many", async () => {
    const manager = harness.manager(await world().session({ unfiltered }))

    const { changed, records } = await world().attempt(() =>
      withTenant(1, () => harness.joins["owner side"](manager, { owner: "Customer", id: 3, tag: 21 })),
    )

    expect([changed, records]).toEqual([["+ customer_tag 3,21 customer_id=3 tag_id=21"], []])
  })

  it("refuses to change the foreign row itself all the same", async () => {
    const manager = harness.manager(await world().session({ unfiltered }))

    const { outcome, changed } = await world().attempt(() =>
      withTenant(1, () => harness.updates.loaded(manager, { entity: "Address", id: 21 })),
    )

    expect([outcome, changed]).toEqual(["WRITE_FOREIGN", []])
  })
}
