import { parseReason } from "../core/scope-arguments.ts"

/**
 * Route options of fastify for a route that needs no tenant: it runs in `withoutTenant(reason)`.
 *
 * @throws {TenantFailsafeError} `REASON_MISSING`
 *
 * @example
 * app.get("/health", tenantless("health check"), () => "ok")
 */
export function tenantless(reason: string): { readonly config: { readonly tenantless: string } } {
  return { config: { tenantless: parseReason(reason, "tenantless(reason)") } }
}
