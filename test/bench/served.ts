import type { Worker } from "./crew.ts"
import { Load } from "./keep-alive-load.ts"
import type { ServerAnswers } from "./server-answers.ts"

/** What is measured, in turn with others of its kind. */
export interface Contender {
  measure(): Promise<number>
  close(): Promise<void>
}

/**
 * For workers that are measured by requests. Between two samples no request is alive: V8 would throw away the code that it optimised
 * for their shapes, and start each sample slowly. And a young generation that grows makes one process of a kind faster than another.
 */
export const steadyFlags = ["--retain-maps-for-n-gc=1000000", "--min-semi-space-size=16"]

const connections = 16
// Fewer, and compiling the code would be a part of what is measured.
const requestsPerSample = 10_000

/** A worker's server and connections to it; measures microseconds of the server's CPU per request. */
export async function openServer(
  worker: Worker<ServerAnswers>,
  headers: Readonly<Record<string, string>>,
): Promise<Contender> {
  const load = await Load.open(await worker.ask({ kind: "listen" }), headers, connections)
  return {
    async measure() {
      await worker.ask({ kind: "start" })
      await load.send(requestsPerSample)
      return (await worker.ask({ kind: "stop" })) / requestsPerSample
    },
    async close() {
      load.close()
      await worker.close()
    },
  }
}
