import { beforeEach, describe, expect, it } from "vitest"
import { withoutTenant } from "../../../src/index.ts"
import type { DatabaseKind } from "../../support/databases.ts"
import { inScope, isRefused, relabelled, type Done, type GuardCase, type Refused } from "./cases.ts"
import type { GuardHarness } from "./harness.ts"
import { groupsOf } from "./groups.ts"
import {
  asVanilla,
  attemptCase,
  codeFor,
  goneOn,
  goOn,
  guardedOf,
  ownEntity,
  recordsFor,
  tellingOf,
  titled,
  withoutRewrites,
} from "./runs.ts"
import { owningSide } from "./removal-cases.ts"
import { openedWorld } from "./world.ts"

/** With `writes: "throw"` no write through the ORM reaches a foreign row, and each write of own rows is done as the ORM does it. */
export function describeWriteGuard<Session, Manager>(
  kind: DatabaseKind,
  harness: GuardHarness<Session, Manager>,
): void {
  const world = openedWorld(kind, harness)
  beforeEach(async () => void (await world().reset()))

  describe.each(groupsOf(harness))("%s", (_, cases) => {
    it.each(titled(refusedOf(cases)))("refuses, sends nothing, and the manager goes on: %s", async (_, each) => {
      const expected = each.expected as Refused

      const { outcome, changed, records, error, sent, manager } = await attemptCase(world(), {}, each)

      const afterwards = await goOn(world(), each, manager)
      expect({ outcome, changed, sent, records, hanging: hangingIn(error), afterwards }).toEqual({
        outcome: codeFor(outcome, expected),
        changed: [],
        sent: [],
        records: recordsFor(records, expected.records),
        hanging: expected.hanging,
        afterwards: goneOn(each),
      })
    })

    it.each(titled(passingOf(cases)))("does: %s", async (_, each) => {
      const expected = each.expected as Done

      const { outcome, changed } = await attemptCase(world(), {}, each)

      expect({ outcome, changed: withoutRewrites(changed, expected) }).toEqual({
        outcome: expected.outcome,
        changed: expected.changed,
      })
    })

    it.each(titled(tellingOf(passingOf(cases))))("reports nothing of: %s", async (_, each) => {
      const { records } = await attemptCase(world(), {}, each)

      expect((each.expected as Done).reported === undefined ? records : []).toEqual([])
    })

    it.each(titled(tellingOf(refusedOf(cases))))(
      "refuses inside a transaction, which goes on and commits: %s",
      async (_, each) => {
        const session = await world().session({})
        const entity = ownEntity(each)
        let inside = ""

        const { outcome, changed } = await world().attempt(() =>
          inScope(each.scope, () =>
            harness.transaction(session, async (manager) => {
              await harness.updates["without loading"](manager, { entity, id: 11 })
              inside = (await world().attempt(() => each.run(manager))).outcome
              harness.forget(manager)
              await harness.updates.loaded(manager, { entity, id: 12 })
            }),
          ),
        )

        expect({ inside, outcome, changed }).toEqual({
          inside: codeFor(inside, each.expected as Refused),
          outcome: "done",
          changed: [relabelled(entity, 11), relabelled(entity, 12)],
        })
      },
    )

    it.each(titled(tellingOf(guardedOf(cases))))("does as the plain ORM in withoutTenant: %s", async (_, each) => {
      const plain = await asVanilla(world(), each)

      const { outcome, changed, records } = await attemptCase(world(), {}, each, (run) => withoutTenant("desk", run))

      expect({ outcome, changed, records }).toEqual(plain)
    })

    const scoped = tellingOf(cases).filter(({ needsScope = true }) => needsScope)
    it.each(titled(scoped))("refuses outside any scope: %s", async (_, each) => {
      const { outcome, changed, sent } = await attemptCase(world(), {}, each, (run) => run())

      expect({ outcome, changed, sent }).toEqual({ outcome: "TENANT_MISSING", changed: [], sent: [] })
    })
  })

  it("writes rows that no tenant owns outside any scope", async () => {
    const manager = harness.manager(await world().session({}))

    const { outcome, changed } = await world().attempt(() => harness.updateUnowned(manager, 3))

    expect({ outcome, changed }).toEqual({ outcome: "done", changed: [relabelled("Customer", 3)] })
  })

  it("refuses all of a write of which one row is foreign, and does the rest once that was mended", async () => {
    const manager = harness.manager(await world().session({}))
    const { first, mended } = await inScope(undefined, () => harness.mixed(manager))

    const refused = await world().attempt(() => inScope(undefined, first))
    const done = await world().attempt(() => inScope(undefined, mended))

    expect([refused.outcome, refused.changed, done.outcome, done.changed]).toEqual([
      "WRITE_FOREIGN",
      [],
      "done",
      ["+ address 100 label=new merchant_id=1", relabelled("Address", 11)],
    ])
  })
}

function refusedOf<Manager>(cases: readonly GuardCase<Manager>[]): readonly GuardCase<Manager>[] {
  return cases.filter(({ expected }) => isRefused(expected))
}

function passingOf<Manager>(cases: readonly GuardCase<Manager>[]): readonly GuardCase<Manager>[] {
  return cases.filter(({ expected }) => !isRefused(expected))
}

/** The counts of foreign rows that an error tells, by relation. */
function hangingIn(error: unknown): Readonly<Record<string, number>> | undefined {
  const { hanging } = (error as { details?: { hanging?: Record<string, number> } }).details ?? {}
  if (hanging === undefined) return undefined
  return Object.fromEntries(Object.entries(hanging).map(([relation, rows]) => [owningSide(relation), rows]))
}
