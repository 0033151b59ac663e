import { once } from "node:events"
import { MessageChannel, Worker } from "node:worker_threads"
import { afterEach, beforeEach, expect, it } from "vitest"
import { currentTenant, withTenant } from "../../src/index.ts"
import type { Task } from "./support/tenant-worker.ts"

let worker: Worker
let firstMoment: unknown

beforeEach(async () => {
  // Created in a scope, as it would be in a request.
  worker = withTenant("creator", () => new Worker(new URL("./support/tenant-worker.ts", import.meta.url)))
  firstMoment = ((await once(worker, "message")) as unknown[])[0]
})

afterEach(() => worker.terminate())

async function send(task: Omit<Task, "reply">): Promise<unknown> {
  const { port1, port2 } = new MessageChannel()
  worker.postMessage({ ...task, reply: port2 }, [port2])
  return ((await once(port1, "message")) as unknown[])[0]
}

const tenants = Array.from({ length: 100 }, (_, index) => `t${index}`)

/** All tasks are in the middle when the worker goes on with the last of them. */
async function seenBy(way: Task["way"]): Promise<unknown> {
  const answers = tenants.map((tenant) => send({ tenant, way }))
  worker.postMessage("go", [])
  return Promise.all(answers)
}

const own = tenants.map((tenant) => [tenant, tenant])

it("a worker thread has no scope, whatever scope it is created in", () => {
  expect(firstMoment).toBe("no scope")
})

it("a message does not carry the scope in which it is sent: without a tenant in it, tenantJob refuses", async () => {
  expect(await withTenant("acme", () => send({ way: "tenantJob" }))).toBe("TENANT_MISSING")
})

it("100 interleaved tasks in one worker thread each see the tenant of their message", async () => {
  expect(await seenBy("tenantJob")).toEqual(own)
})

it("they would not if the worker kept the tenant in a variable: the check catches it", async () => {
  expect(await seenBy("variable")).not.toEqual(own)
})

it("what awaits the answer of a worker thread goes on in the scope that asked", async () => {
  const seen = withTenant("acme", async () => {
    await send({ way: "tenantJob" })
    return currentTenant()
  })

  expect(await seen).toBe("acme")
})
