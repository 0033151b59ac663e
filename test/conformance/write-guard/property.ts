import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { DatabaseKind } from "../../support/databases.ts"
import type { Guard, GuardHarness } from "./harness.ts"
import { dump } from "./oracle.ts"
import { PropertyRun } from "./property-run.ts"
import { anySteps } from "./property-steps.ts"
import { seed } from "./schema.ts"
import { openedWorld } from "./world.ts"

/*
 * Random writes in random scopes against an oracle that only knows the rows.
 *
 * Each run draws a new seed and prints it. To repeat one:
 *
 *   TENANT_FAILSAFE_SEED=123456 npx vitest run test/mikro-orm/write-guard-sqlite.test.ts
 *
 * TENANT_FAILSAFE_RUNS multiplies the number of runs, for a soak test over night.
 */
const drawn = Number(process.env["TENANT_FAILSAFE_SEED"] ?? Math.trunc(Math.random() * 2 ** 31))
const factor = Number(process.env["TENANT_FAILSAFE_RUNS"] ?? 1)

/** After every write no foreign row differs, what was refused changed nothing, and what is legal was done. */
export function describeWriteProperty<Session, Manager>(
  kind: DatabaseKind,
  harness: GuardHarness<Session, Manager>,
  runs: number,
): void {
  const world = openedWorld(kind, harness)
  console.log(`write guard of ${harness.orm} on ${kind}: TENANT_FAILSAFE_SEED=${drawn}`)

  describe("any writes in any scopes", () => {
    it(
      "leave every foreign row as it was, and are refused only if one is concerned",
      { timeout: 600_000 },
      async () => {
        const anyRun = fc.assert(property({}), { seed: drawn, numRuns: Math.ceil(runs * factor) })

        await expect(anyRun).resolves.toBeUndefined()
      },
    )

    it("is a property that the plain ORM does not have", { timeout: 600_000 }, async () => {
      const outcome = await fc.check(property("vanilla"), { seed: drawn, numRuns: 100, endOnFailure: true })

      expect(String(outcome.errorInstance)).toMatch(/foreign row written|which is not legal|not of the scope/)
    })
  })

  function property(guard: Guard) {
    return fc.asyncProperty(anySteps, async (steps) => {
      const { db } = world()
      const session = await world().session(guard)
      await seed(db)
      await new PropertyRun(harness, db, session, await dump(db)).run(steps)
    })
  }
}
