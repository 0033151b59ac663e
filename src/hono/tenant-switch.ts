import { readSwitchOptions, switchSession, type TenantSwitchOptions } from "../http/tenant-switch.ts"
import { answeringHono, honoPort, type HonoContext } from "./hono-port.ts"

/**
 * A handler for Hono that moves the session to another tenant, once `authorize` said yes, and answers `{ "tenant": … }`. Register it
 * after authentication and the session, and before `tenantScope`.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`
 *
 * @example
 * app.post("/session/tenant", tenantSwitch({ resolve: fromBody("tenant"), authorize: isMember, session: "merchantId" }))
 */
export function tenantSwitch<Context extends HonoContext = HonoContext>(
  options: TenantSwitchOptions<Context>,
): (context: Context) => Promise<Response> {
  const settings = readSwitchOptions(options)
  return async (context) => (await switchSession(settings, honoPort(context), answeringHono([context]))) as Response
}
