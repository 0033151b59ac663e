import { describe, expect, expectTypeOf, it } from "vitest"
import {
  currentScope,
  currentTenant,
  tenantJob,
  withoutTenant,
  withTenant,
  type Scope,
  type TenantId,
} from "../../src/index.ts"
import { bypassRecordsOf } from "./support/bypass-records.ts"
import { rejectionOf } from "./support/refusal.ts"

interface Job {
  data: { tenant: TenantId; invoice: number }
}

const jobOf = (tenant: TenantId): Job => ({ data: { tenant, invoice: 7 } })
const call = "tenantJob(select, handler)"

describe("tenantJob", () => {
  it("runs the handler as the tenant of the payload and resolves to what it returns", async () => {
    const job = tenantJob(
      ({ data }: Job) => data.tenant,
      async ({ data }) => {
        await Promise.resolve()
        return [currentTenant(), data.invoice]
      },
    )

    expect(await job(jobOf("acme"))).toEqual(["acme", 7])
    expect(await job(jobOf(0))).toEqual([0, 7])
  })

  it("never uses the scope that is around the worker", async () => {
    const job = withTenant("globex", () =>
      tenantJob(
        ({ data }: Job) => data.tenant,
        () => currentScope(),
      ),
    )
    const acme: Scope = { kind: "tenant", tenant: "acme" }

    expect(await withTenant("globex", () => job(jobOf("acme")))).toEqual(acme)
    expect(await withoutTenant("drain the queue", () => job(jobOf("acme")))).toEqual(acme)
  })

  it("selects outside any scope, so that the ambient tenant cannot slip in", async () => {
    let handled = false
    const job = tenantJob(
      () => currentTenant(),
      () => (handled = true),
    )

    expect((await withTenant("globex", () => rejectionOf(job()))).code).toBe("TENANT_MISSING")
    expect(handled).toBe(false)
  })

  it.each([undefined, null])(
    "rejects with TENANT_MISSING when select returns %s, and the handler does not run",
    async (nothing) => {
      let handled = false
      const job = tenantJob(
        () => nothing,
        () => (handled = true),
      )

      expect(await rejectionOf(job())).toEqual({
        code: "TENANT_MISSING",
        message:
          "tenantJob(select, handler) found no tenant in the payload, so the handler did not run. Put the tenant's id " +
          "into the payload where the job is added, and return it from select; a job that has no tenant runs in " +
          "withoutTenant(reason, run).",
        details: { call },
      })
      expect(handled).toBe(false)
    },
  )

  it.each(["", " ", NaN, 1.5, {}, [], true])("rejects with TENANT_INVALID when select returns %o", async (value) => {
    let handled = false
    const job = tenantJob(
      () => value as TenantId,
      () => (handled = true),
    )

    const { code, message } = await rejectionOf(job())

    expect(code).toBe("TENANT_INVALID")
    expect(message).toMatch(/^tenantJob\(select, handler\) got .+, which is no tenant id\. Pass /)
    expect(handled).toBe(false)
  })

  it("may look the tenant up asynchronously", async () => {
    const job = tenantJob(
      async (slug: string) => await Promise.resolve(`id of ${slug}`),
      () => currentTenant(),
    )

    expect(await job("acme")).toBe("id of acme")
  })

  it("rejects with the error of select, and the handler does not run", async () => {
    let handled = false
    const job = tenantJob(
      (): TenantId => {
        throw new Error("malformed payload")
      },
      () => (handled = true),
    )

    await expect(job()).rejects.toThrow("malformed payload")
    expect(handled).toBe(false)
  })

  it("rejects with the error of the handler, thrown or rejected", async () => {
    const failure = new Error("smtp down")
    const select = (): TenantId => "acme"

    await expect(
      tenantJob(select, () => {
        throw failure
      })(),
    ).rejects.toBe(failure)
    await expect(tenantJob(select, () => Promise.reject(failure))()).rejects.toBe(failure)
    expect(currentScope()).toBeUndefined()
  })

  it("keeps the tenant on every retry", async () => {
    const seen: (TenantId | undefined)[] = []
    const job = tenantJob(
      ({ data }: Job) => data.tenant,
      () => {
        seen.push(currentTenant())
        if (seen.length < 3) throw new Error("try again")
      },
    )
    const payload = jobOf("acme")

    await expect(withTenant("globex", () => job(payload))).rejects.toThrow("try again")
    await expect(job(payload)).rejects.toThrow("try again")
    await job(payload)

    expect(seen).toEqual(["acme", "acme", "acme"])
  })

  it("keeps jobs of several tenants apart while they interleave", async () => {
    const gates = new Map<TenantId, PromiseWithResolvers<void>>()
    const job = tenantJob(
      (tenant: string) => tenant,
      async (tenant) => {
        const gate = Promise.withResolvers<void>()
        gates.set(tenant, gate)
        await gate.promise
        return currentTenant()
      },
    )

    const running = ["acme", "globex", "initech"].map((tenant) => job(tenant))
    while (gates.size < 3) await Promise.resolve()
    for (const tenant of ["initech", "acme", "globex"]) gates.get(tenant)?.resolve()

    expect(await Promise.all(running)).toEqual(["acme", "globex", "initech"])
  })

  it("starts a lazy query that the handler returns as the tenant", async () => {
    const job = tenantJob(
      () => "acme",
      // oxlint-disable-next-line unicorn/no-thenable
      (): PromiseLike<TenantId | undefined> => ({ then: (...on) => Promise.resolve(currentTenant()).then(...on) }),
    )

    expect(await withTenant("globex", () => job())).toBe("acme")
  })

  it("hands this and all arguments to select and handler", async () => {
    const worker = {
      tenant: "acme",
      process: tenantJob(
        function (this: unknown, payload: number, token: string) {
          return `${(this as { tenant: string }).tenant}-${payload}-${token}`
        },
        function (this: unknown, payload: number, token: string) {
          return [currentTenant(), (this as { tenant: string }).tenant, payload, token]
        },
      ),
    }

    expect(await worker.process(1, "t")).toEqual(["acme-1-t", "acme", 1, "t"])
  })

  it("has the name and length of the handler, by which BullMQ tells what it takes", () => {
    const job = tenantJob(
      () => "acme",
      function sendInvoice(_job: Job, _token: string) {},
    )

    expect([job.name, job.length]).toEqual(["sendInvoice", 2])
  })

  it("is typed after the handler's arguments and result", () => {
    const job = tenantJob(
      ({ data }: Job) => data.tenant,
      async ({ data }) => data.invoice,
    )
    const tick = tenantJob(
      () => 1,
      () => undefined,
    )
    const withToken = tenantJob(
      ({ data }: Job) => data.tenant,
      (_job: Job, token: string) => token,
    )

    expectTypeOf(withToken).toEqualTypeOf<(payload: Job, token: string) => Promise<string>>()
    expectTypeOf(job).toEqualTypeOf<(payload: Job) => Promise<number>>()
    expectTypeOf(tick).toEqualTypeOf<() => Promise<undefined>>()
  })

  it("refuses a select or handler that is no function when it is made", () => {
    const none = undefined as unknown as () => string

    expect(() => tenantJob(none, none)).toThrow(new TypeError(`${call} got undefined as select. ${passFunction}`))
    expect(() => tenantJob(() => "acme", none)).toThrow(
      new TypeError(`${call} got undefined as handler. ${passFunction}`),
    )
  })

  it("is not published on the bypass channel", async () => {
    const job = tenantJob(
      () => "acme",
      () => undefined,
    )
    let done: Promise<unknown> = Promise.resolve()

    const records = bypassRecordsOf(() => (done = job()))
    await done

    expect(records).toEqual([])
  })
})

const passFunction = "Pass a function: only what it calls is in the scope."
