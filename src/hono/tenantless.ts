import { withoutTenant } from "../core/scope.ts"
import { parseReason } from "../core/scope-arguments.ts"
import type { Next } from "./hono-port.ts"

/**
 * Middleware for one route that needs no tenant: what follows it runs in `withoutTenant(reason)`. Register the route before
 * `tenantScope`, which would refuse the request.
 *
 * @throws {TenantFailsafeError} `REASON_MISSING`
 *
 * @example
 * app.get("/health", tenantless("health check"), (context) => context.text("ok"))
 */
export function tenantless(reason: string): (context: unknown, next: Next) => Promise<void> {
  parseReason(reason, "tenantless(reason)")
  return (_context, next) => withoutTenant(reason, next)
}
