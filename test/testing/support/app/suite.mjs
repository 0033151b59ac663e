import assert from "node:assert/strict"
import { collectLeaks, expectNoLeaks, LeaksFound } from "tenant-failsafe/testing"
import { detect } from "./detect.mjs"

/** The tests, for whichever runner's `test` and `concurrently`. */
export function defineSuite(test, concurrently) {
  test("collects what it ran", async () => {
    const { leaks } = await collectLeaks(() => detect("addresses"))
    assert.deepEqual(
      leaks.map(({ relation }) => relation),
      ["addresses"],
    )
  })

  test("fails on a leak", async () => {
    await assert.rejects(
      expectNoLeaks(() => detect("addresses")),
      LeaksFound,
    )
  })

  const allow = [{ relation: "Customer.addresses", reason: "being fixed", until: "2999-01-01" }]
  test("accepts a leak that is allowed", async () => {
    await expectNoLeaks(() => detect("addresses"), { allow })
  })

  // Each waits for the other, so that they overlap for certain.
  const gates = [Promise.withResolvers(), Promise.withResolvers()]
  for (const [index, relation] of ["addresses", "orders"].entries()) {
    concurrently(`does not see what runs beside it: ${relation}`, async () => {
      const { leaks } = await collectLeaks(async () => {
        gates[index].resolve()
        await gates[1 - index].promise
        detect(relation)
        await Promise.resolve()
      })
      assert.deepEqual(
        leaks.map(({ relation: found }) => found),
        [relation],
      )
    })
  }
}
