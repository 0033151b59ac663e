import type { IncomingMessage } from "node:http"
import { openScope } from "../http/open-scope.ts"
import { readScopeOptions, type TenantScopeOptions } from "../http/options.ts"
import { problemType } from "../http/rejection.ts"
import { queryValues, type RequestPort } from "../http/request-port.ts"

/** What is used of fastify's request. */
interface FastifyRequest {
  readonly raw: IncomingMessage
  readonly url: string
  readonly hostname: string
  readonly params: unknown
}

/** What is used of fastify's reply. */
interface FastifyReply {
  readonly sent: boolean
  code(status: number): FastifyReply
  type(contentType: string): FastifyReply
  send(payload: unknown): FastifyReply
}

type Done = (error?: Error) => void
type Hook<Request, Reply> = (request: Request, reply: Reply, done: Done) => void

/** What is used of fastify's instance. */
interface FastifyInstance<Request, Reply> {
  addHook(name: "preHandler", hook: Hook<Request, Reply>): unknown
}

/**
 * A plugin for fastify: the handlers of the instance that it is registered on run in the scope of the request's tenant. Its hook is a
 * `preHandler`, which comes after body parsing; register it after the plugin that authenticates.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`, `REASON_MISSING`
 *
 * @example
 * app.register(tenantScope({ resolve: fromClaim("merchantId") }))
 */
export function tenantScope<Request extends FastifyRequest = FastifyRequest, Reply extends FastifyReply = FastifyReply>(
  options: TenantScopeOptions<Request, readonly [reply: Reply]>,
): (app: FastifyInstance<Request, Reply>, pluginOptions: unknown, done: Done) => void {
  const settings = readScopeOptions(options)
  const plugin = (app: FastifyInstance<Request, Reply>, _: unknown, registered: Done) => {
    app.addHook("preHandler", (request, reply, done) => {
      const opened = openScope<void>(settings, portOf(request), {
        proceed: () => done(),
        isAnswered: () => reply.sent,
        refuse({ status }, body) {
          reply.code(status).type(problemType).send(body)
        },
        rest: [request, reply],
      })
      // oxlint-disable-next-line promise/no-callback-in-promise -- fastify takes errors by its callback
      opened.catch(done)
    })
    registered()
  }
  // Fastify's own mark for a plugin whose hooks hold for the instance that it is registered on, and not for a child of it.
  return Object.assign(plugin, {
    [Symbol.for("skip-override")]: true,
    [Symbol.for("fastify.display-name")]: "tenant-failsafe",
  })
}

function portOf(request: FastifyRequest): RequestPort {
  const extended = request as { readonly session?: object; readonly auth?: object; readonly user?: object }
  return {
    request,
    headers: (name) => request.raw.headersDistinct[name] ?? [],
    host: () => request.hostname,
    query: (name) => queryValues(request.url, name),
    param: (name) => (request.params as Readonly<Record<string, string | undefined>> | undefined)?.[name],
    session: () => extended.session,
    principal: () => extended.auth ?? extended.user,
  }
}
