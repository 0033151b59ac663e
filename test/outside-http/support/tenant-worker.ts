import { parentPort, type MessagePort } from "node:worker_threads"
import { currentScope, currentTenant, tenantJob, type TenantId } from "../../../src/index.ts"

/** What a test sends: the tasks all wait until a message without one arrives. */
export interface Task {
  readonly tenant?: TenantId
  readonly way: "tenantJob" | "variable"
  readonly reply: MessagePort
}

let gates: (() => void)[] = []
let current: TenantId | undefined

parentPort!.on("message", (task: Task | "go") => {
  if (task !== "go") return void answer(task)
  for (const open of gates.toReversed()) open()
  gates = []
})
// What the first moment of the thread sees.
parentPort!.postMessage(currentScope() ?? "no scope", [])

async function answer(task: Task): Promise<void> {
  const seen = await handlers[task.way](task).catch((error: { code: string }) => error.code)
  task.reply.postMessage(seen, [])
  task.reply.close()
}

const handlers = {
  tenantJob: tenantJob(
    (task: Task) => task.tenant,
    () => seenTwice(currentTenant),
  ),
  async variable({ tenant }: Task) {
    current = tenant
    return seenTwice(() => current)
  },
}

async function seenTwice(tenant: () => TenantId | undefined): Promise<unknown[]> {
  const before = tenant()
  await new Promise<void>((resolve) => gates.push(resolve))
  return [before, tenant()]
}
