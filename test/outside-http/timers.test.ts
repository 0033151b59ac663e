import { expect, it } from "vitest"
import { currentTenant, tenantJob, withTenant, type TenantId } from "../../src/index.ts"

interface Job {
  readonly tenant: TenantId
}

/** What a real interval sees on its first tick, or what `tick` returns. */
function firstTick<T>(tick: () => T): Promise<Awaited<T>> {
  const { promise, resolve } = Promise.withResolvers<T>()
  const timer = setInterval(() => {
    clearInterval(timer)
    resolve(tick())
  }, 1)
  return promise as Promise<Awaited<T>>
}

it("an interval that a request started keeps that request's tenant after the request is over", async () => {
  const tick = withTenant("acme", () => firstTick(currentTenant))

  expect(await tick).toBe("acme")
})

it("tenantJob on an interval that a request started runs as each tenant that it walks over", async () => {
  const job = tenantJob(
    (tenant: TenantId) => tenant,
    async () => {
      await Promise.resolve()
      return currentTenant()
    },
  )

  const seen = await withTenant("acme", () => firstTick(async () => [await job("acme"), await job("globex")]))

  expect(seen).toEqual(["acme", "globex"])
})

it("what a tick does beside tenantJob still is of the tenant that started the interval", async () => {
  const job = tenantJob(
    (tenant: TenantId) => tenant,
    () => undefined,
  )

  const seen = await withTenant("acme", () => firstTick(async () => [await job("globex"), currentTenant()]))

  expect(seen).toEqual([undefined, "acme"])
})

it("200 interleaved jobs of a worker that a request created keep their tenants, also when they are retried", async () => {
  const handler = tenantJob(({ tenant }: Job) => tenant, whoAmI)

  expect(await withTenant("acme", () => seenByJobs(handler))).toEqual(expected)
})

it("without tenantJob each of them would be of the tenant that created the worker: the check would catch it", async () => {
  const seen = await withTenant("acme", () => seenByJobs(whoAmI))

  expect(new Set(seen.flat())).toEqual(new Set(["acme"]))
})

it("with a tenant in a variable they would see each other's: the check would catch it", async () => {
  let current: TenantId | undefined
  const naive = async ({ tenant }: Job, gate: Promise<void>): Promise<readonly unknown[]> => {
    current = tenant
    const before = current
    await gate
    return [before, current]
  }

  expect(await seenByJobs(naive)).not.toEqual(expected)
})

const count = 200
const expected = Array.from({ length: count }, (_, index) => [`t${index}`, `t${index}`])

async function whoAmI(_: Job, gate: Promise<void>): Promise<readonly unknown[]> {
  const before = currentTenant()
  await gate
  return [before, currentTenant()]
}

/** Runs all jobs at once and lets the last one go on first; those with an odd index fail then, and are tried again. */
async function seenByJobs(
  handler: (job: Job, gate: Promise<void>) => Promise<readonly unknown[]>,
): Promise<readonly (readonly unknown[])[]> {
  const gates = Array.from({ length: count }, () => Promise.withResolvers<void>())
  const jobs = gates.map(async ({ promise }, index) => {
    const job = { tenant: `t${index}` }
    const failing = index % 2 === 1 ? promise.then(() => Promise.reject(new Error("try again"))) : promise
    return handler(job, failing).catch(() => handler(job, promise))
  })
  for (const { resolve } of gates.toReversed()) resolve()
  return Promise.all(jobs)
}
