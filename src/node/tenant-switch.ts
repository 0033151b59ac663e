import type { IncomingMessage, ServerResponse } from "node:http"
import { answeringNode } from "../http/answering-node.ts"
import { nodePort } from "../http/node-port.ts"
import { readSwitchOptions, switchSession, type TenantSwitchOptions } from "../http/tenant-switch.ts"
import type { Listener } from "./tenant-scope.ts"

/**
 * A listener of node:http that moves the session to another tenant, once `authorize` said yes, and answers `{ "tenant": … }`. The
 * session is what stands on `request.session`, the parsed body what stands on `request.body`.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`
 *
 * @example
 * const switchTo = tenantSwitch({ resolve: fromBody("tenant"), authorize: isMember, session: "merchantId" })
 */
export function tenantSwitch<
  Request extends IncomingMessage = IncomingMessage,
  Response extends ServerResponse = ServerResponse,
>(options: TenantSwitchOptions<Request, readonly [response: Response]>): Listener<Request, Response> {
  const settings = readSwitchOptions(options)
  return (request, response) => switchSession(settings, nodePort(request), answeringNode(response, [request, response]))
}
