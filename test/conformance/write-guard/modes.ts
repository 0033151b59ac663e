import { beforeEach, describe, expect, it } from "vitest"
import type { DatabaseKind } from "../../support/databases.ts"
import { isRefused, type Done } from "./cases.ts"
import { groupsOf } from "./groups.ts"
import type { GuardHarness } from "./harness.ts"
import { asVanilla, attemptCase, guardedOf, recordsFor, tellingOf, titled, withoutRewrites } from "./runs.ts"
import { openedWorld } from "./world.ts"

/** The roll-out: `writes: "report"` tells what `"throw"` would refuse, and `"allow"` switches the guard off. */
export function describeWriteModes<Session, Manager>(
  kind: DatabaseKind,
  harness: GuardHarness<Session, Manager>,
): void {
  const world = openedWorld(kind, harness)
  beforeEach(async () => void (await world().reset()))

  describe.each(groupsOf(harness))("%s", (_, cases) => {
    const held = guardedOf(tellingOf(cases))
    it.each(titled(held))("writes: 'report' does as the plain ORM, and reports: %s", async (_, each) => {
      const plain = await asVanilla(world(), each)

      const { outcome, changed, records } = await attemptCase(world(), { writes: "report" }, each)

      expect({ outcome, changed: unstamped(changed), records }).toEqual({
        outcome: plain.outcome,
        changed: unstamped(plain.changed),
        records: recordsFor(records, isRefused(each.expected) ? each.expected.records : each.expected.reported),
      })
    })

    const others = tellingOf(cases).filter((each) => !held.includes(each))
    it.each(titled(others))("writes: 'report' does as 'throw', and reports nothing: %s", async (_, each) => {
      const expected = each.expected as Done

      const { outcome, changed, records } = await attemptCase(world(), { writes: "report" }, each)

      expect({ outcome, changed: withoutRewrites(changed, expected), records }).toEqual({
        outcome: expected.outcome,
        changed: expected.changed,
        records: [],
      })
    })

    it.each(titled(tellingOf(cases)))(
      "writes: 'allow' does as the plain ORM, and reports nothing: %s",
      async (_, each) => {
        const plain = await asVanilla(world(), each)

        const { outcome, changed, records } = await attemptCase(world(), { writes: "allow" }, each)

        expect({ outcome, changed, records }).toEqual(plain)
      },
    )
  })
}

/** What `noTenant` makes of writes outside any scope. */
export function describeUnscopedWrites<Session, Manager>(
  kind: DatabaseKind,
  harness: GuardHarness<Session, Manager>,
): void {
  const world = openedWorld(kind, harness)
  beforeEach(async () => void (await world().reset()))

  describe.each(groupsOf(harness))("%s", (_, cases) => {
    const scoped = guardedOf(tellingOf(cases)).filter(({ needsScope = true }) => needsScope)

    it.each(titled(scoped))("noTenant: 'report' does as the plain ORM, and tells: %s", async (_title, each) => {
      const plain = await asVanilla(world(), each)

      const { outcome, changed, leaks } = await attemptCase(world(), { noTenant: "report" }, each, (run) => run())

      const kinds = new Set(leaks.map(({ what }) => what))
      expect([outcome, changed, kinds.has("no-tenant"), kinds.has("write")]).toEqual([
        plain.outcome,
        plain.changed,
        true,
        false,
      ])
    })

    it.each(titled(scoped))("noTenant: 'allow' does as the plain ORM, and says nothing: %s", async (_title, each) => {
      const plain = await asVanilla(world(), each)

      const { outcome, changed, leaks } = await attemptCase(world(), { noTenant: "allow" }, each, (run) => run())

      expect([outcome, changed, leaks]).toEqual([plain.outcome, plain.changed, []])
    })
  })
}

/** New rows are stamped in this mode, too. */
function unstamped(changed: readonly string[]): readonly string[] {
  return changed.map((line) => (line.startsWith("+") ? line.replace(" merchant_id=1", "") : line))
}
