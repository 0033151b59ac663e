// A listener runs in the scope of whoever emits. How does it keep mine?
import { EventEmitter, once } from "node:events"
import { bindTenant, currentTenant, requireTenant, withTenant } from "tenant-failsafe"

interface Events {
  paid: [order: number]
}

export async function run(): Promise<readonly string[]> {
  const orders = new EventEmitter<Events>()
  const log: string[] = []

  const notify = withTenant(1, () => {
    // Pitfall: this one is called by another tenant's request below, and then by nobody's.
    orders.on("paid", (order) => log.push(`plain, order ${order}: ${currentTenant() ?? "no tenant"}`))
    const bound = bindTenant((order: number) => log.push(`bound, order ${order}: ${requireTenant()}`))
    orders.on("paid", bound)
    return bound
  })
  // What is awaited needs no binding.
  const awaited = withTenant(1, async () => {
    const [order] = (await once(orders, "paid")) as Events["paid"]
    return `awaited, order ${order}: ${requireTenant()}`
  })

  withTenant(2, () => orders.emit("paid", 7))
  orders.emit("paid", 8)
  log.push(await awaited)

  // The emitter knows the bound function only.
  orders.off("paid", notify)
  log.push(`${orders.listenerCount("paid")} listener left`)

  // The same with a pool: whoever gives a connection back calls the one that waits for it.
  const pool = createPool()
  withTenant(1, () => pool.take(() => {}))
  withTenant(2, () => pool.take(() => log.push(`plain, from the pool: ${currentTenant()}`)))
  withTenant(2, () => pool.take(bindTenant(() => log.push(`bound, from the pool: ${currentTenant()}`))))
  withTenant(1, () => pool.giveBack())
  withTenant(1, () => pool.giveBack())
  return log
}

/** A pool of one connection with callbacks, as `pg.Pool.connect(callback)` works. Its promises keep the scope by themselves. */
function createPool() {
  const waiting: (() => void)[] = []
  let isTaken = false
  return {
    take(callback: () => void): void {
      if (isTaken) return void waiting.push(callback)
      isTaken = true
      callback()
    },
    giveBack(): void {
      const next = waiting.shift()
      isTaken = next !== undefined
      next?.()
    },
  }
}
