import { Agent, request as send, type IncomingMessage } from "node:http"
import { text } from "node:stream/consumers"
import { afterEach, expect, it } from "vitest"
import { bindTenant, currentTenant } from "../../src/index.ts"
import { fromQuery, tenantScope } from "../../src/node/index.ts"
import { rounds } from "./support/rounds.ts"
import { serve, type Served } from "./support/serve.ts"

const count = 100

let server: Served
const agent = new Agent({ keepAlive: true, maxSockets: 5 })

afterEach(() => {
  agent.destroy()
  return server.close()
})

type Seen = string | null
type Read = (request: IncomingMessage, note: (seen: Seen) => void) => Promise<void>
/** Listens for the body; called with the request before its scope is open, or in its scope. */
type Listen = (request: IncomingMessage, note: (seen: Seen) => void) => Promise<void>

/**
 * What each of 100 requests, five at a time on connections that are kept, notes while its body comes in. The body's second part is sent
 * when the first has arrived.
 */
async function notesOfRequests({ before, inside }: { before?: Listen; inside?: Read }): Promise<Set<Seen>[]> {
  const meet = rounds(5)
  const scope = tenantScope({ resolve: fromQuery("tenant"), trustClient: "test" })
  const notes = Array.from({ length: count }, () => new Set<Seen>())
  server = await serve((request, response) => {
    const index = Number(/t(\d+)$/.exec(request.url!)![1])
    const note = (seen: Seen): void => void notes[index]!.add(seen === `t${index}` ? "own" : seen)
    const early = before?.(request, note)
    void scope(async () => {
      await (early ?? inside!(request, note))
      response.end()
    })(request, response)
  })
  await Promise.all(
    notes.map(async (_, index) => {
      const path = `/?tenant=t${index}`
      const headers = { expect: "100-continue", "transfer-encoding": "chunked" }
      const sent = send({ port: server.port, host: "127.0.0.1", path, method: "POST", agent, headers })
      const answered = Promise.withResolvers<void>()
      sent.on("response", (response) => response.resume().on("end", answered.resolve)).on("error", answered.reject)
      const go = Promise.withResolvers<void>()
      sent.on("continue", go.resolve).flushHeaders()
      await go.promise
      // Five handlers are waiting for their bodies now.
      await meet()
      sent.end("body")
      await answered.promise
    }),
  )
  return notes
}

const seen = (): Seen => (currentTenant() as string | undefined) ?? null

const listen =
  (bind: <F extends () => void>(listener: F) => F): Listen =>
  (request, note) =>
    new Promise((resolve) => {
      request.on(
        "data",
        bind(() => note(seen())),
      )
      request.on(
        "end",
        bind(() => {
          note(seen())
          resolve()
        }),
      )
    })

const unbound = listen((listener) => listener)
const only = (note: Seen) => Array.from({ length: count }, () => new Set([note]))

it("'data' and 'end' listeners that are attached before the scope is open run in none", async () => {
  expect(await notesOfRequests({ before: unbound })).toEqual(only(null))
})

it("'data' and 'end' listeners that are attached in the scope lose it: the body comes from the socket", async () => {
  expect(await notesOfRequests({ inside: unbound })).toEqual(only(null))
})

it("'data' and 'end' listeners that are bound in the scope keep it", async () => {
  expect(await notesOfRequests({ inside: listen(bindTenant) })).toEqual(only("own"))
})

it("a body that is awaited in the scope keeps it", async () => {
  const inside: Read = async (request, note) => {
    await text(request)
    note(seen())
  }

  expect(await notesOfRequests({ inside })).toEqual(only("own"))
})
