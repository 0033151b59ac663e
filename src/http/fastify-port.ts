import type { IncomingMessage } from "node:http"
import type { Answering } from "./refuse.ts"
import { headerValues, queryValues, type RequestPort } from "./request-port.ts"

/** What is used of fastify's request. */
export interface FastifyRequest {
  readonly raw: IncomingMessage
  readonly url: string
  readonly hostname: string
  readonly params: unknown
  readonly body?: unknown
  readonly routeOptions?: { readonly config?: object; readonly url?: string | undefined }
}

/** What is used of fastify's reply. */
export interface FastifyReply {
  readonly sent: boolean
  code(status: number): FastifyReply
  type(contentType: string): FastifyReply
  send(payload: unknown): FastifyReply
}

/** Reads a request of fastify, with what its plugins add to it. */
export function fastifyPort(request: FastifyRequest): RequestPort {
  const extended = request as { readonly session?: object; readonly auth?: object; readonly user?: object }
  return {
    request,
    headers: (name) => headerValues(request.raw.rawHeaders, name),
    host: () => request.hostname,
    query: (name) => queryValues(request.url, name),
    param: (name) => (request.params as Readonly<Record<string, string | undefined>> | undefined)?.[name],
    session: () => extended.session,
    principal: () => extended.auth ?? extended.user,
    body: () => request.body,
    route: routeOfFastify,
    routeReason() {
      const { tenantless }: { readonly tenantless?: unknown } = request.routeOptions?.config ?? {}
      return tenantless
    },
  }
}

function routeOfFastify({ routeOptions }: Partial<FastifyRequest>): string | undefined {
  return routeOptions?.url
}

/** Answers by fastify's reply. */
export function answeringFastify(reply: FastifyReply, rest: readonly unknown[]): Answering<void> {
  return {
    answer(status, type, body) {
      reply.code(status).type(type).send(JSON.stringify(body))
    },
    isAnswered: () => reply.sent,
    rest,
  }
}
