import { describe, expect, it } from "vitest"
import { currentTenant, withTenant, type TenantId } from "../../src/index.ts"

const count = 500

describe("interleaved requests", () => {
  it("each see their own tenant in all they await, 500 at a time, the first finishing last", async () => {
    const { wrong, finished } = await interleave({ withTenant, currentTenant })

    expect(wrong).toBe(0)
    expect(finished).toHaveLength(count)
    expect(finished.at(-1)).toBe(0)
    expect(finished).not.toEqual(finished.toSorted((left, right) => left - right))
  })

  it("leave no scope behind", async () => {
    await interleave({ withTenant, currentTenant })

    expect(currentTenant()).toBeUndefined()
  })

  it("would catch a scope that is kept in a variable", async () => {
    let current: TenantId | undefined
    const naive: Scoping = {
      currentTenant: () => current,
      async withTenant(tenant, run) {
        const before = current
        current = tenant
        try {
          return await run()
        } finally {
          current = before
        }
      },
    }

    const { wrong } = await interleave(naive)

    expect(wrong).toBeGreaterThan(0)
  })

  it("may fail without touching the others", async () => {
    const gates = Array.from({ length: 20 }, () => Promise.withResolvers<void>())
    const requests = gates.map((gate, tenant) =>
      withTenant(tenant, async () => {
        await gate.promise
        if (tenant % 2 === 0) throw new Error("boom")
        return currentTenant()
      }),
    )

    for (const gate of gates.toReversed()) gate.resolve()
    const outcomes = await Promise.allSettled(requests)

    expect(outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : "failed"))).toEqual(
      gates.map((_, tenant) => (tenant % 2 === 0 ? "failed" : tenant)),
    )
    expect(currentTenant()).toBeUndefined()
  })
})

interface Scoping {
  withTenant(tenant: TenantId, run: () => Promise<void>): Promise<void>
  currentTenant(): TenantId | undefined
}

/** Opens all requests, then answers their queries in one order and their rows in another, the first request's last. */
async function interleave(scoping: Scoping): Promise<{ wrong: number; finished: number[] }> {
  let wrong = 0
  const finished: number[] = []
  const check = (tenant: number): void => {
    if (scoping.currentTenant() !== tenant) wrong++
  }

  const requests = Array.from({ length: count }, (_, tenant) => {
    const query = Promise.withResolvers<void>()
    const rows = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const done = scoping.withTenant(tenant, async () => {
      check(tenant)
      await query.promise
      check(tenant)
      await Promise.all(rows.map((row) => row.promise.then(() => check(tenant))))
      check(tenant)
      await scoping.withTenant(tenant, async () => {
        await Promise.resolve()
        check(tenant)
      })
      check(tenant)
      finished.push(tenant)
    })
    return { query, rows, done }
  })

  // 7 and 11 share no factor with 500: each walk visits every request once.
  for (let step = 0; step < count; step++) requests[(step * 7) % count]?.query.resolve()
  for (let step = 0; step < count; step++) requests[(step * 11) % count]?.rows[1]?.resolve()
  const [first, ...others] = requests
  for (const request of others.toReversed()) request.rows[0]?.resolve()
  await Promise.all(others.map((request) => request.done))
  first?.rows[0]?.resolve()
  await first?.done
  return { wrong, finished }
}
