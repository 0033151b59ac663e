import { openScope } from "../http/open-scope.ts"
import { readScopeOptions, type TenantScopeOptions } from "../http/options.ts"
import { answeringKoa, koaPort, type KoaContext, type Next } from "./koa-port.ts"

/**
 * Middleware for Koa: what follows it runs in the scope of the request's tenant. Register it after authentication and after the body
 * parser.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`, `REASON_MISSING`
 *
 * @example
 * app.use(tenantScope({ resolve: fromClaim("merchantId") }))
 */
export function tenantScope<Context extends KoaContext = KoaContext>(
  options: TenantScopeOptions<Context, readonly [next: Next]>,
): (context: Context, next: Next) => Promise<void> {
  const settings = readScopeOptions(options)
  return async (context, next) => {
    await openScope(settings, koaPort(context), { ...answeringKoa(context, [context, next]), proceed: next })
  }
}
