// A worker thread sees no scope of the thread that started it. How does it get the tenant?
import { once } from "node:events"
import { type MessagePort, MessageChannel, parentPort, Worker, workerData } from "node:worker_threads"
import { currentTenant, requireTenant, tenantJob, withTenant, type TenantId } from "tenant-failsafe"

interface Task {
  readonly month: string
  readonly merchantId: TenantId | undefined
}

interface Message {
  readonly task: Task
  readonly reply: MessagePort
}

const role = "renders reports"

/** In the worker. The tenant is opened for each message: a worker serves all of them, several at a time. */
function work(): void {
  const answer = tenantJob(
    (task: Task) => task.merchantId,
    async ({ month }) => {
      await Promise.resolve()
      return `report of ${month} for merchant ${requireTenant()}`
    },
  )
  parentPort?.on("message", async ({ task, reply }: Message) => {
    const outside = currentTenant() ?? "no tenant"
    const report = await answer(task).catch((error: { code: string }) => `refused with ${error.code}`)
    reply.postMessage(`${report}; around it: ${outside}`, [])
    reply.close()
  })
}

/** In the main thread: puts the tenant of the scope into the message. */
async function ask(worker: Worker, month: string): Promise<string> {
  const { port1, port2 } = new MessageChannel()
  worker.postMessage({ task: { month, merchantId: currentTenant() }, reply: port2 } satisfies Message, [port2])
  return String((await once(port1, "message"))[0])
}

export async function run(): Promise<readonly string[]> {
  // Pitfall: AsyncLocalStorage, and with it the scope around this line, does not cross threads.
  const worker = withTenant(1, () => new Worker(new URL(import.meta.url), { workerData: role }))
  const answers = await Promise.all([
    withTenant(1, () => ask(worker, "May")),
    withTenant(2, () => ask(worker, "June")),
    ask(worker, "July"),
  ])
  await worker.terminate()
  return answers
}

if (workerData === role) work()
