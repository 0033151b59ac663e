import type { IncomingMessage, ServerResponse } from "node:http"
import { answeringNode } from "../http/answering-node.ts"
import { isPromiseLike } from "../http/maybe-promise.ts"
import { expressPort } from "../http/node-port.ts"
import { openScope } from "../http/open-scope.ts"
import { readScopeOptions, type TenantScopeOptions } from "../http/options.ts"

export type Next = (error?: unknown) => void
export type Middleware<Request, Response> = (request: Request, response: Response, next: Next) => void

/**
 * Middleware for express: what follows it runs in the scope of the request's tenant. Register it after authentication and after the
 * body parser, whose events would lose the scope.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`, `REASON_MISSING`
 *
 * @example
 * app.use(express.json(), authenticate, tenantScope({ resolve: fromClaim("merchantId") }))
 */
export function tenantScope<
  Request extends IncomingMessage = IncomingMessage,
  Response extends ServerResponse = ServerResponse,
>(options: TenantScopeOptions<Request, readonly [response: Response, next: Next]>): Middleware<Request, Response> {
  const settings = readScopeOptions(options)
  return (request, response, next) => {
    const opened = openScope<void>(settings, expressPort(request), {
      ...answeringNode(response, [request, response, next]),
      proceed: () => next(),
    })
    if (isPromiseLike(opened)) opened.then(undefined, next)
  }
}
