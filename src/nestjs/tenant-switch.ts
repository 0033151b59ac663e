import { HttpException } from "@nestjs/common"
import {
  readSwitchOptions,
  switchSession,
  type SwitchedTenant,
  type TenantSwitchOptions,
} from "../http/tenant-switch.ts"
import { portOf } from "./platform.ts"

/**
 * Makes what a handler of a switch endpoint calls: it moves the session to another tenant once `authorize` said yes, and returns which
 * one is active; otherwise it throws an HttpException with the problem.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`
 *
 * @example
 * const switchTo = tenantSwitch({ resolve: fromBody("tenant"), authorize: isMember, session: "merchantId" })
 * class SessionController {
 *__
 */
export function tenantSwitch<Request extends object = object>(
  options: TenantSwitchOptions<Request>,
): (request: Request) => Promise<SwitchedTenant> {
  const settings = readSwitchOptions(options)
  return async (request) =>
    switchSession<SwitchedTenant>(settings, portOf(request), {
      answer(status, _type, body) {
        if (status === 200) return body as SwitchedTenant
        throw new HttpException(body, status)
      },
      isAnswered: () => false,
      rest: [request],
    })
}
