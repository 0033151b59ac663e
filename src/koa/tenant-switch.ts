import { readSwitchOptions, switchSession, type TenantSwitchOptions } from "../http/tenant-switch.ts"
import { answeringKoa, koaPort, type KoaContext, type Next } from "./koa-port.ts"

/**
 * A handler for Koa that moves the session to another tenant, once `authorize` said yes, and answers `{ "tenant": … }`. Register it
 * after authentication, the session and the body parser, and before `tenantScope`.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`
 *
 * @example
 * router.post("/session/tenant", tenantSwitch({ resolve: fromBody("tenant"), authorize: isMember, session: "merchantId" }))
 */
export function tenantSwitch<Context extends KoaContext = KoaContext>(
  options: TenantSwitchOptions<Context, readonly [next: Next]>,
): (context: Context, next: Next) => Promise<void> {
  const settings = readSwitchOptions(options)
  return async (context, next) => {
    await switchSession(settings, koaPort(context), answeringKoa(context, [context, next]))
  }
}
