import { withoutTenant } from "../core/scope.ts"
import { parseReason } from "../core/scope-arguments.ts"
import type { Next } from "./koa-port.ts"

/**
 * Middleware for one route that needs no tenant: what follows it runs in `withoutTenant(reason)`. Register the route before
 * `tenantScope`, which would refuse the request.
 *
 * @throws {TenantFailsafeError} `REASON_MISSING`
 *
 * @example
 * router.get("/health", tenantless("health check"), (context) => (context.body = "ok"))
 */
export function tenantless(reason: string): (context: unknown, next: Next) => Promise<unknown> {
  parseReason(reason, "tenantless(reason)")
  return (_context, next) => withoutTenant(reason, next)
}
