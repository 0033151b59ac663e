import { openScope } from "../http/open-scope.ts"
import { readScopeOptions, type TenantScopeOptions } from "../http/options.ts"
import { answeringHono, honoPort, type HonoContext, type Next } from "./hono-port.ts"

/**
 * Middleware for Hono, on Node and any runtime with AsyncLocalStorage: what follows it runs in the scope of the request's tenant.
 * Register it after authentication.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`, `REASON_MISSING`
 *
 * @example
 * app.use(tenantScope({ resolve: fromClaim("merchantId") }))
 */
export function tenantScope<Context extends HonoContext = HonoContext>(
  options: TenantScopeOptions<Context, readonly [next: Next]>,
): (context: Context, next: Next) => Promise<Response | void> {
  const settings = readScopeOptions(options)
  return async (context, next) =>
    openScope(settings, honoPort(context), { ...answeringHono([context, next]), proceed: next })
}
