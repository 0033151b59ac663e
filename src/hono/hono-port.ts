import type { Answering } from "../http/refuse.ts"
import { queryValues, type RequestPort } from "../http/request-port.ts"

/** What is used of Hono's context. */
export interface HonoContext {
  readonly req: {
    readonly url: string
    header(name: string): string | undefined
    param(name: string): string | undefined
    json(): Promise<unknown>
    readonly routePath?: string
  }
  get(key: string): unknown
}

export type Next = () => Promise<void>

/** Reads a request of Hono, with what its middleware keeps in the context. */
export function honoPort(context: HonoContext): RequestPort {
  return {
    request: context,
    headers(name) {
      // The standard's Headers join what was sent several times by a comma, which no id has.
      const value = context.req.header(name)
      return value === undefined ? [] : [value]
    },
    host: () => new URL(context.req.url).hostname,
    query: (name) => queryValues(context.req.url, name),
    param: (name) => context.req.param(name),
    session: () => objectOf(context.get("session")),
    principal: () => objectOf(context.get("jwtPayload") ?? context.get("user")),
    route: routeOfHono,
    // What is no JSON names no tenant.
    body: () => context.req.json().catch(() => undefined),
  }
}

function routeOfHono({ req }: Partial<HonoContext>): string | undefined {
  return req?.routePath
}

/** Answers with a response of the Fetch standard. */
export function answeringHono(rest: readonly unknown[]): Answering<Promise<Response | void>> {
  return {
    answer: async (status, type, body) =>
      new Response(JSON.stringify(body), { status, headers: { "content-type": type } }),
    isAnswered: (given) => given instanceof Response,
    rest,
  }
}

function objectOf(value: unknown): object | undefined {
  return typeof value === "object" && value !== null ? value : undefined
}
