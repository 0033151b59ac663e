import { answeringFastify, fastifyPort, type FastifyReply, type FastifyRequest } from "../http/fastify-port.ts"
import { readSwitchOptions, switchSession, type TenantSwitchOptions } from "../http/tenant-switch.ts"

/**
 * A handler for fastify that moves the session to another tenant, once `authorize` said yes, and answers `{ "tenant": … }`. The route
 * is `tenantless(reason)`, unless only callers who have a tenant already may switch.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`
 *
 * @example
 * app.post("/session/tenant", tenantless("choosing a tenant"),
 *   tenantSwitch({ resolve: fromBody("tenant"), authorize: isMember, session: "merchantId" }))
 */
export function tenantSwitch<
  Request extends FastifyRequest = FastifyRequest,
  Reply extends FastifyReply = FastifyReply,
>(options: TenantSwitchOptions<Request, readonly [reply: Reply]>): (request: Request, reply: Reply) => Promise<Reply> {
  const settings = readSwitchOptions(options)
  return async (request, reply) => {
    await switchSession(settings, fastifyPort(request), answeringFastify(reply, [request, reply]))
    return reply
  }
}
