import type { IncomingMessage, ServerResponse } from "node:http"
import { answerNode, isAnsweredNode } from "../http/answer-node.ts"
import { nodePort } from "../http/node-port.ts"
import { openScope } from "../http/open-scope.ts"
import { readScopeOptions, type TenantScopeOptions } from "../http/options.ts"

type Next = (error?: unknown) => void

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
>(
  options: TenantScopeOptions<Request, readonly [response: Response, next: Next]>,
): (request: Request, response: Response, next: Next) => void {
  const settings = readScopeOptions(options)
  return (request, response, next) => {
    const opened = openScope<void>(
      settings,
      nodePort(request, () => (request as { hostname?: string }).hostname),
      {
        proceed: () => next(),
        isAnswered: () => isAnsweredNode(response),
        refuse: (rejection, body) => answerNode(response, rejection, body),
        rest: [request, response, next],
      },
    )
    // oxlint-disable-next-line promise/no-callback-in-promise -- express takes errors by its callback
    opened.catch(next)
  }
}
