import { withoutTenant } from "../core/scope.ts"
import { parseReason } from "../core/scope-arguments.ts"
import type { Next } from "./tenant-scope.ts"

/**
 * Middleware for one route that needs no tenant: what follows it runs in `withoutTenant(reason)`. Register the route before
 * `tenantScope`, which would refuse the request.
 *
 * @throws {TenantFailsafeError} `REASON_MISSING`
 *
 * @example
 * app.get("/health", tenantless("health check"), (request, response) => response.send("ok"))
 */
export function tenantless(reason: string): (request: unknown, response: unknown, next: Next) => void {
  parseReason(reason, "tenantless(reason)")
  return (_request, _response, next) => withoutTenant(reason, () => next())
}
