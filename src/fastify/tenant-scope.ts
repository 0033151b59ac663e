import { answeringFastify, fastifyPort, type FastifyReply, type FastifyRequest } from "../http/fastify-port.ts"
import { isPromiseLike } from "../http/maybe-promise.ts"
import { openScope } from "../http/open-scope.ts"
import { readScopeOptions, type TenantScopeOptions } from "../http/options.ts"

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
      const opened = openScope<void>(settings, fastifyPort(request), {
        ...answeringFastify(reply, [request, reply]),
        proceed: () => done(),
      })
      if (isPromiseLike(opened)) opened.then(undefined, done)
    })
    registered()
  }
  // Fastify's own mark for a plugin whose hooks hold for the instance that it is registered on, and not for a child of it.
  return Object.assign(plugin, {
    [Symbol.for("skip-override")]: true,
    [Symbol.for("fastify.display-name")]: "tenant-failsafe",
  })
}
