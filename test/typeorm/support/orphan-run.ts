import { collectLeaks, type LeakReport } from "../../../src/testing/index.ts"
import type { Hazard } from "./orphan-hazards.ts"
import { damage, readRows } from "./orphan-rows.ts"
import type { Scenario } from "./orphan-scenarios.ts"
import { Session } from "./orphan-session.ts"
import type { Side, World } from "./orphan-world.ts"

/** What became of the rows, and how the work ended. */
export interface Outcome {
  readonly failed: string | undefined
  readonly damaged: readonly string[]
  readonly own: readonly string[]
}

/** Runs a scenario on the guarded DataSource beside foreign rows. */
export async function guardedOutcome(world: World, hazard: Hazard, scenario: Scenario): Promise<Outcome> {
  await world.reset({ hazard })
  const { failed, damaged, own } = await witness(world, world.guarded, hazard, scenario)
  return { failed, damaged, own }
}

/** Runs it on a DataSource without the failsafe, where there are no foreign rows: what it shall do to the own ones. */
export async function wantedOutcome(world: World, hazard: Hazard, scenario: Scenario): Promise<Outcome> {
  await world.reset({ hazard, foreign: false })
  const { failed, damaged, own } = await witness(world, world.vanilla, hazard, scenario)
  return { failed, damaged, own }
}

/** Runs it and tells all that came of it. */
export async function witness(
  world: World,
  side: Side,
  hazard: Hazard,
  scenario: Scenario,
): Promise<Outcome & { readonly leaks: readonly LeakReport[] }> {
  const before = await readRows(world)
  const { result: failed, leaks } = await collectLeaks(() => failureOf(scenario(new Session(side, hazard))))
  const after = await readRows(world)
  return { failed, damaged: damage(before, after), own: after.own, leaks }
}

async function failureOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
