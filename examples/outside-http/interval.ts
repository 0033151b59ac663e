// How does a timer work through all merchants, each as itself?
import { AsyncLocalStorage } from "node:async_hooks"
import { currentTenant, requireTenant, tenantJob, withoutTenant, withTenant } from "tenant-failsafe"

interface Merchant {
  readonly id: number
  readonly name: string
}

/** What is used of setInterval, or of a cron library: it calls `tick` again and again. */
type Every = (tick: () => Promise<unknown>) => void

const remind = tenantJob(
  (merchant: Merchant) => merchant.id,
  async ({ name }) => {
    await Promise.resolve()
    return `reminded the customers of ${name} as merchant ${requireTenant()}`
  },
)

/** Starts the reminders; an application passes `(tick) => setInterval(tick, 60_000)`. */
function startReminders(every: Every, log: string[]): void {
  every(async () => {
    // A timer keeps the scope in which it was set. If a request set it, the first one that needed it, then every tick for
    // ever is of that request's tenant, also what is outside of tenantJob: so the list of merchants says what it wants to see.
    const merchants = await withoutTenant("which merchants have reminders", () => listMerchants())
    for (const merchant of merchants) log.push(await remind(merchant))
  })
}

async function listMerchants(): Promise<readonly Merchant[]> {
  await Promise.resolve()
  const merchants = [
    { id: 1, name: "Acme" },
    { id: 2, name: "Globex" },
  ]
  // What a guarded list would show to the tenant of the scope.
  const tenant = currentTenant()
  return tenant === undefined ? merchants : merchants.filter(({ id }) => id === tenant)
}

export async function run(): Promise<readonly string[]> {
  const log: string[] = []
  const ticks: (() => Promise<unknown>)[] = []
  // Like setInterval it keeps the scope of the caller, but it waits for nothing.
  const every: Every = (tick) => ticks.push(AsyncLocalStorage.bind(tick))

  withTenant(1, () => {
    startReminders(every, log)
    every(async () => log.push(`without tenantJob: merchant ${currentTenant()}`))
  })
  for (const tick of ticks) await tick()
  return log
}
