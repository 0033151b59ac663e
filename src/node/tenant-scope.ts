import type { IncomingMessage, ServerResponse } from "node:http"
import { answeringNode } from "../http/answering-node.ts"
import { nodePort } from "../http/node-port.ts"
import { openScope } from "../http/open-scope.ts"
import { readScopeOptions, type TenantScopeOptions } from "../http/options.ts"

export type Listener<Request, Response> = (request: Request, response: Response) => unknown

/**
 * Wraps a listener of node:http: it runs in the scope of the request's tenant, or not at all.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`, `REASON_MISSING`
 *
 * @example
 * createServer(tenantScope({ resolve: fromSession("merchantId") })((request, response) => respond(request, response)))
 */
export function tenantScope<
  Request extends IncomingMessage = IncomingMessage,
  Response extends ServerResponse = ServerResponse,
>(
  options: TenantScopeOptions<Request, readonly [response: Response]>,
): (listener: Listener<Request, Response>) => Listener<Request, Response> {
  const settings = readScopeOptions(options)
  return (listener) => (request, response) =>
    openScope<unknown>(settings, nodePort(request), {
      ...answeringNode(response, [request, response]),
      proceed: () => listener(request, response),
    })
}
