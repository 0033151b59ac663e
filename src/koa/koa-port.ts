import type { IncomingMessage } from "node:http"
import type { Answering } from "../http/refuse.ts"
import { headerValues, queryValues, type RequestPort } from "../http/request-port.ts"

/** What is used of Koa's context. */
export interface KoaContext {
  readonly req: IncomingMessage
  readonly request: object
  readonly url: string
  readonly hostname: string
  readonly state: object
  readonly respond?: boolean | undefined
  status: number
  body: unknown
  type: string
}

export type Next = () => Promise<unknown>

/** Reads a request of Koa, with what its middleware adds to it. */
export function koaPort(context: KoaContext): RequestPort {
  const extended = context as {
    readonly session?: object
    readonly params?: Readonly<Record<string, string | undefined>>
    readonly request: { readonly body?: unknown }
  }
  return {
    request: context,
    headers: (name) => headerValues(context.req.rawHeaders, name),
    host: () => context.hostname,
    query: (name) => queryValues(context.url, name),
    param: (name) => extended.params?.[name],
    session: () => extended.session,
    principal: () => (context.state as { readonly user?: object }).user,
    body: () => extended.request.body,
    route: routeOfKoa,
  }
}

/** As @koa/router leaves it on the context. */
function routeOfKoa({ _matchedRoute: route }: { readonly _matchedRoute?: unknown }): string | undefined {
  return typeof route === "string" ? route : undefined
}

/** Answers by Koa's context. */
export function answeringKoa(context: KoaContext, rest: readonly unknown[]): Answering<Promise<unknown>> {
  const { status: before } = context
  return {
    async answer(status, type, body) {
      context.status = status
      context.body = JSON.stringify(body)
      context.type = type
    },
    isAnswered: () => context.status !== before || context.body !== undefined || context.respond === false,
    rest,
  }
}
