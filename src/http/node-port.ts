import type { IncomingMessage } from "node:http"
import { headerValues, queryValues, type RequestPort } from "./request-port.ts"

/** What frameworks on node:http add to its request. */
interface Extended {
  readonly originalUrl?: string
  readonly params?: Readonly<Record<string, string | undefined>>
  readonly session?: object
  readonly auth?: object
  readonly user?: object
  readonly body?: unknown
  readonly route?: { readonly path?: unknown }
  readonly baseUrl?: string
}

/** Reads a request of node:http, with what express and others add to it. */
export function nodePort(
  request: IncomingMessage & Extended,
  host: () => string | undefined = () => request.headers.host,
): RequestPort {
  return {
    request,
    headers: (name) => headerValues(request.rawHeaders, name),
    host,
    query: (name) => queryValues(request.originalUrl ?? request.url ?? "", name),
    param: (name) => request.params?.[name],
    session: () => request.session,
    principal: () => request.auth ?? request.user,
    body: () => request.body,
    route: routeOfExpress,
  }
}

/** Reads a request of express: its `hostname` knows which proxies it trusts. */
export function expressPort(request: IncomingMessage): RequestPort {
  return nodePort(request, () => (request as { readonly hostname?: string }).hostname)
}

function routeOfExpress({ route, baseUrl }: Extended): string | undefined {
  const path = route?.path
  // The base of a mounted router is what the client asked for, ids included.
  return typeof path === "string" ? `${baseUrl ? "*" : ""}${path}` : undefined
}
