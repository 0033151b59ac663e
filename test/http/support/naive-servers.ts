import { AsyncLocalStorage } from "node:async_hooks"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { json } from "node:stream/consumers"
import type { Application, Framework } from "./frameworks.ts"
import { listen } from "./listen.ts"

/** A server that keeps the tenant of a request in its own way, and how its handlers ask for it. */
export interface NaiveServer extends Pick<Framework, "start"> {
  readonly name: string
  currentScope(): unknown
}

/** The tenant of the request that came last. */
export function inVariable(): NaiveServer {
  let current: string | undefined
  return {
    name: "in a variable",
    currentScope: () => current,
    start: (_, application) =>
      listen(
        createServer((request, response) => {
          current = scopeOf(request)
          void reply(application, request, response)
        }),
      ),
  }
}

/** The tenant of the first request on a connection, in an AsyncLocalStorage. */
export function perConnection(): NaiveServer {
  const storage = new AsyncLocalStorage<string | undefined>()
  const scopes = new WeakMap<object, string | undefined>()
  return {
    name: "by connection",
    currentScope: () => storage.getStore(),
    start: (_, application) =>
      listen(
        createServer((request, response) => {
          if (!scopes.has(request.socket)) scopes.set(request.socket, scopeOf(request))
          storage.run(scopes.get(request.socket), () => void reply(application, request, response))
        }),
      ),
  }
}

function scopeOf({ url, headers }: IncomingMessage): string | undefined {
  return url!.startsWith("/login/") ? "bypass" : (headers["x-tenant"] as string | undefined)
}

async function reply(application: Application, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const send = (status: number, body: unknown): void => void response.writeHead(status).end(JSON.stringify(body))
  const scope = scopeOf(request)
  if (scope === undefined) return send(400, { code: "TENANT_ABSENT" })
  if (scope.startsWith("unknown")) return send(404, { code: "TENANT_NOT_FOUND" })
  try {
    send(200, await application.work(request.url!, request.method === "POST" ? await json(request) : undefined))
  } catch {
    send(500, {})
  }
}
