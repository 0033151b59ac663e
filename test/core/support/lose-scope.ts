// Run in a child process, where lines are those of this file: loses the scope in several ways and prints each error.
import { EventEmitter, once } from "node:events"
import { runPending } from "../../../src/core/pending-scope.ts"
import { requireTenant, withTenant } from "../../../src/index.ts"
import { refusalOf, rejectionOf, type Refusal } from "./refusal.ts"

const emitter = new EventEmitter()
const refused: Record<string, Refusal> = {}

function importOrder(name: string): void {
  refused[name] = refusalOf(requireTenant)
  emitter.emit("refused")
}

importOrder("never opened")
withTenant(1, () => undefined)
importOrder("script")

emitter.on("order", function onOrder() {
  importOrder("listener")
})
setImmediate(function receiveOrder() {
  emitter.emit("order")
})
await once(emitter, "refused")

setTimeout(() => {
  importOrder("timer")
})
await once(emitter, "refused")

async function readStock(): Promise<void> {
  await Promise.resolve()
  requireTenant()
}

async function handleOrder(): Promise<void> {
  await Promise.resolve()
  await readStock()
}

setImmediate(async () => {
  refused["awaiting"] = await rejectionOf(Promise.resolve().then(handleOrder))
  emitter.emit("refused")
})
await once(emitter, "refused")

setImmediate(() => runPending(() => importOrder("pending")))
await once(emitter, "refused")

process.stdout.write(JSON.stringify(refused))
