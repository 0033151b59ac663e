import { beforeEach, describe, expect, it } from "vitest"
import type { DatabaseKind } from "../../support/databases.ts"
import { isRefused, type GuardCase } from "./cases.ts"
import { groupsOf } from "./groups.ts"
import type { GuardHarness } from "./harness.ts"
import { asVanilla, attemptCase, guardedOf, tellingOf, titled } from "./runs.ts"
import { openedWorld } from "./world.ts"

/** Negative control: without the guard every case in which something is held back writes, or is stopped by a foreign key. */
export function describeWriteLeaks<Session, Manager>(
  kind: DatabaseKind,
  harness: GuardHarness<Session, Manager>,
): void {
  const world = openedWorld(kind, harness)
  beforeEach(async () => void (await world().reset()))

  describe.each(groupsOf(harness))("without a guard, %s", (_, cases) => {
    it.each(titled(guardedOf(cases)))("writes: %s", async (_, each) => {
      const { outcome, changed } = await asVanilla(world(), each)

      const own = isRefused(each.expected) ? [] : each.expected.changed
      expect(outcome === "FOREIGN_KEY" || changed.some((line) => !own.includes(line))).toBe(true)
    })
  })
}

/** Negative control: what is sent is seen. */
export function describeSentWrites<Session, Manager>(
  kind: DatabaseKind,
  harness: GuardHarness<Session, Manager>,
): void {
  const world = openedWorld(kind, harness)
  beforeEach(async () => void (await world().reset()))

  it.each([
    "emptied tables",
    "updates by statements",
    "updates of rows",
    "deletions of rows",
    "inserts",
    "links of many to many",
  ])("without a guard, each of the %s sends a write", async (name) => {
    const [, cases] = groupsOf(harness).find(([group]) => group === name)!
    const silent: string[] = []
    for (const each of guardedOf(tellingOf(cases))) {
      const { sent } = await attemptCase(world(), "vanilla", each, (run) => run())
      if (sent.length === 0) silent.push(each.title)
      await world().reset()
    }

    expect(silent).toEqual([])
  })
}

/** Negative control: a naive guard catches the cases with these titles, and lets all others through. */
export function describeNaiveGuard<Session, Manager>(
  kind: DatabaseKind,
  harness: GuardHarness<Session, Manager>,
  guard: string,
  catches: readonly RegExp[],
): void {
  const caught = (title: string) => catches.some((pattern) => pattern.test(title))
  const world = openedWorld(kind, harness)
  beforeEach(async () => void (await world().reset()))

  const groups = groupsOf(harness).map(
    ([group, cases]) => [group, guardedOf(tellingOf(cases)).filter(isOfOne)] as const,
  )

  describe.each(groups.filter(([, held]) => held.length > 0))(`a guard ${guard}, %s`, (_, held) => {
    it.each(titled(held.filter(({ title }) => caught(title))))("refuses: %s", async (_, each) => {
      const { outcome, changed } = await attemptCase(world(), guard, each)

      expect([outcome, changed]).toEqual(["Error: NAIVE", []])
    })

    it.each(titled(held.filter(({ title }) => !caught(title))))("lets through: %s", async (_, each) => {
      const plain = await asVanilla(world(), each)

      const { outcome, changed } = await attemptCase(world(), guard, each)

      expect([outcome, changed]).toEqual([plain.outcome, plain.changed])
    })
  })

  it("lets most of the cases through", () => {
    const titles = groups.flatMap(([, held]) => held.map(({ title }) => title))

    expect(titles.filter((title) => !caught(title)).length).toBeGreaterThan(titles.length / 2)
  })
}

function isOfOne({ scope = "merchant 1" }: GuardCase<never>): boolean {
  return scope === "merchant 1"
}
