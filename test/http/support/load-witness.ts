import { subscribe, unsubscribe } from "node:diagnostics_channel"
import type { IncomingMessage, Server, ServerResponse } from "node:http"

export const idHeader = "x-request-id"

/** What the servers of this process see of the requests that carry an id, before any framework does. */
export class Witness {
  /** How often each id arrived. */
  readonly arrivals = new Map<number, number>()
  /** How many different tenants were named over each connection. */
  readonly tenantsOf = new Map<object, number>()
  readonly #arrived = new Map<number, PromiseWithResolvers<void>>()
  readonly #closed = new Map<number, PromiseWithResolvers<void>>()
  readonly #see = (message: unknown): void => this.#note(message as Arrival)

  start(): void {
    subscribe("http.server.request.start", this.#see)
  }

  stop(): void {
    unsubscribe("http.server.request.start", this.#see)
  }

  arrived(id: number): Promise<void> {
    return promised(this.#arrived, id).promise
  }

  /** The answer has been sent, or there is nobody left to send it to. */
  closed(id: number): Promise<void> {
    return promised(this.#closed, id).promise
  }

  #note({ request, response, server }: Arrival): void {
    const id = Number(request.headers[idHeader] ?? Number.NaN)
    if (Number.isNaN(id)) return
    // Servers and clients share one thread: after a pause of it, a server would take busy connections for idle ones.
    server.keepAliveTimeout = 0
    this.arrivals.set(id, (this.arrivals.get(id) ?? 0) + 1)
    if (request.headers["x-tenant"] !== undefined) {
      this.tenantsOf.set(request.socket, (this.tenantsOf.get(request.socket) ?? 0) + 1)
    }
    response.once("close", () => promised(this.#closed, id).resolve())
    promised(this.#arrived, id).resolve()
  }
}

interface Arrival {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly server: Server
}

function promised(promises: Map<number, PromiseWithResolvers<void>>, id: number): PromiseWithResolvers<void> {
  const promise = promises.get(id) ?? Promise.withResolvers<void>()
  promises.set(id, promise)
  return promise
}
