import type { IncomingMessage, ServerResponse } from "node:http"
import { withoutTenant } from "../core/scope.ts"
import { parseReason } from "../core/scope-arguments.ts"
import type { Listener } from "./tenant-scope.ts"

/**
 * Wraps a listener of node:http that needs no tenant: it runs in `withoutTenant(reason)`.
 *
 * @throws {TenantFailsafeError} `REASON_MISSING`
 *
 * @example
 * const health = tenantless("health check")((request, response) => response.end("ok"))
 */
export function tenantless<
  Request extends IncomingMessage = IncomingMessage,
  Response extends ServerResponse = ServerResponse,
>(reason: string): (listener: Listener<Request, Response>) => Listener<Request, Response> {
  parseReason(reason, "tenantless(reason)")
  return (listener) => (request, response) => withoutTenant(reason, () => listener(request, response))
}
