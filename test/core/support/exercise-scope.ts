// Run in a child process: goes through the whole scope and prints what each verb saw.
import {
  bindTenant,
  bindTenantIterable,
  currentScope,
  currentTenant,
  requireTenant,
  switchTenant,
  tenantJob,
  withoutTenant,
  withTenant,
  withTenants,
  type TenantId,
} from "../../../src/index.ts"

async function* rows(): AsyncGenerator<TenantId | undefined, void, unknown> {
  yield currentTenant()
  await Promise.resolve()
  yield currentTenant()
}

const later = async (): Promise<TenantId | undefined> => {
  await new Promise((resolve) => setImmediate(resolve))
  return currentTenant()
}

const job = tenantJob((tenant: string) => tenant, later)
const bound = withTenant("acme", () => bindTenant(later))
const iterable = withTenant("acme", () => bindTenantIterable(rows()))

const seen = {
  withTenant: await withTenant("acme", later),
  requireTenant: withTenant("acme", requireTenant),
  withTenants: withTenants(["acme", "globex"], "report", () => currentScope()?.kind),
  withoutTenant: withoutTenant("audit", () => currentScope()?.kind),
  switchTenant: await withTenant("globex", () => switchTenant("acme", "settlement", later)),
  bindTenant: await withTenant("globex", () => bound()),
  bindTenantIterable: await withTenant("globex", async () => [
    (await iterable.next()).value,
    (await iterable.next()).value,
  ]),
  tenantJob: await job("acme"),
  after: typeof currentScope(),
}

process.stdout.write(JSON.stringify(seen))
