import type { IncomingMessage, ServerResponse } from "node:http"
import { answeringNode } from "../http/answering-node.ts"
import { isPromiseLike } from "../http/maybe-promise.ts"
import { expressPort } from "../http/node-port.ts"
import { readSwitchOptions, switchSession, type TenantSwitchOptions } from "../http/tenant-switch.ts"
import type { Middleware, Next } from "./tenant-scope.ts"

/**
 * A handler for express that moves the session to another tenant, once `authorize` said yes, and answers `{ "tenant": … }`. Register it
 * after authentication, the session and the body parser, and before `tenantScope`.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`
 *
 * @example
 * app.post("/session/tenant", tenantSwitch({ resolve: fromBody("tenant"), authorize: isMember, session: "merchantId" }))
 */
export function tenantSwitch<
  Request extends IncomingMessage = IncomingMessage,
  Response extends ServerResponse = ServerResponse,
>(options: TenantSwitchOptions<Request, readonly [response: Response, next: Next]>): Middleware<Request, Response> {
  const settings = readSwitchOptions(options)
  return (request, response, next) => {
    const switched = switchSession(settings, expressPort(request), answeringNode(response, [request, response, next]))
    if (isPromiseLike(switched)) switched.then(undefined, next)
  }
}
