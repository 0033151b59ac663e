import { TenantFailsafeError } from "./errors.ts"
import { keepSignature } from "./keep-signature.ts"
import { runScoped } from "./scope.ts"
import { assertCallable } from "./scope-arguments.ts"
import { parseTenantId, type TenantId } from "./tenant-id.ts"

/**
 * Returns a job for queue workers and cron that runs `handler` as the tenant that `select` reads from the payload.
 * The scope around the worker plays no part: `select` runs outside any scope, and a worker that was started in some
 * request serves every tenant. Both get all arguments of the job and its `this`; the job resolves to what `handler`
 * returns, and each retry selects anew.
 *
 * The job rejects, and `handler` does not run, with a TenantFailsafeError `TENANT_MISSING` when `select` returns
 * nothing, `TENANT_INVALID` when it returns something that is no id.
 *
 * @example
 * new Worker("invoices", tenantJob((job: Job) => job.data.merchantId, async (job) => sendInvoice(job.data)))
 */
export function tenantJob<Args extends unknown[], R>(
  select: SelectTenant<Args>,
  handler: (...args: Args) => R,
): (...args: Args) => Promise<Awaited<R>>
// For a handler that takes more arguments than select does: select alone would decide what the job takes.
export function tenantJob<Args extends unknown[], R>(
  select: NoInfer<SelectTenant<Args>>,
  handler: (...args: Args) => R,
): (...args: Args) => Promise<Awaited<R>>
export function tenantJob<Args extends unknown[], R>(
  select: SelectTenant<Args>,
  handler: (...args: Args) => R,
): (...args: Args) => Promise<Awaited<R>> {
  const call = "tenantJob(select, handler)"
  assertCallable(select, call, "select")
  assertCallable(handler, call, "handler")
  async function job(this: unknown, ...args: Args): Promise<Awaited<R>> {
    // Awaited inside, so that a lazy thenable (a query builder) starts in the scope and not in the worker's.
    const selected = await runScoped(undefined, async () => await Reflect.apply(select, this, args))
    if (selected === undefined || selected === null) throw nothingSelected(call)
    const tenant = parseTenantId(selected, call)
    return await runScoped({ kind: "tenant", tenant }, async () => await Reflect.apply(handler, this, args))
  }
  return keepSignature(job, handler)
}

type SelectTenant<Args extends unknown[]> = (...args: Args) => SelectedTenant | PromiseLike<SelectedTenant>
type SelectedTenant = TenantId | null | undefined

function nothingSelected(call: string): TenantFailsafeError {
  return new TenantFailsafeError(
    "TENANT_MISSING",
    `${call} found no tenant in the payload, so the handler did not run. Put the tenant's id into the payload where ` +
      "the job is added, and return it from select; a job that has no tenant runs in withoutTenant(reason, run).",
    { call },
  )
}
