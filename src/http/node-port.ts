import type { IncomingMessage } from "node:http"
import { queryValues, type RequestPort } from "./request-port.ts"

/** What frameworks on node:http add to its request. */
interface Extended {
  readonly originalUrl?: string
  readonly params?: Readonly<Record<string, string | undefined>>
  readonly session?: object
  readonly auth?: object
  readonly user?: object
}

/** Reads a request of node:http, with what express and others add to it. */
export function nodePort(
  request: IncomingMessage & Extended,
  host: () => string | undefined = () => request.headers.host,
): RequestPort {
  return {
    request,
    headers: (name) => request.headersDistinct[name] ?? [],
    host,
    query: (name) => queryValues(request.originalUrl ?? request.url ?? "", name),
    param: (name) => request.params?.[name],
    session: () => request.session,
    principal: () => request.auth ?? request.user,
  }
}
