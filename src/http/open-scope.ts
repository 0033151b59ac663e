import { TenantFailsafeError } from "../core/errors.ts"
import { runScoped, withoutTenant } from "../core/scope.ts"
import { tenantKey, type TenantId } from "../core/tenant-id.ts"
import type { ScopeSettings } from "./options.ts"
import { problemOf, type Rejection } from "./rejection.ts"
import type { RequestPort } from "./request-port.ts"
import { resolveTenant } from "./resolve-tenant.ts"

/** How a framework goes on with a request, or refuses it. */
export interface Ways<Result> {
  /** Runs the rest of the application, in the scope that is open by then. */
  proceed(): Result
  /** Whether the request has been answered already. */
  isAnswered(answer: unknown): boolean
  /** Sends the default answer: the status with a JSON body of the type `problemType`. */
  refuse(rejection: Rejection, body: string): Result
  /** What `onReject` gets besides the rejection. */
  readonly rest: readonly unknown[]
}

/**
 * Decides what a request may do, then runs the rest of the application in its scope or refuses it. A request begins outside any
 * scope, whatever scope the server was started in.
 */
export async function openScope<Result>(
  settings: ScopeSettings,
  port: RequestPort,
  ways: Ways<Result>,
): Promise<Awaited<Result>> {
  const outcome = await resolveTenant(settings, port)
  if (outcome.kind === "tenant") {
    claim(port.request, outcome.tenant)
    return await runScoped({ kind: "tenant", tenant: outcome.tenant }, () => ways.proceed())
  }
  if (outcome.kind === "tenantless") return await withoutTenant(outcome.reason, () => ways.proceed())
  if (outcome.cause !== undefined && settings.onReject === undefined) warn(outcome.cause)
  const answer = await settings.onReject?.(outcome.rejection, ...ways.rest)
  if (settings.onReject !== undefined && ways.isAnswered(answer)) return answer as Awaited<Result>
  return await ways.refuse(outcome.rejection, problemOf(outcome.rejection))
}

/** The tenant for which each request was opened. */
const claimed = new WeakMap<object, string>()

/** A second `tenantScope` on the way of one request may confirm its tenant, and not change it. */
function claim(request: object, tenant: TenantId): void {
  const key = tenantKey(tenant)
  const before = claimed.get(request)
  if (before !== undefined && before !== key) {
    throw new TenantFailsafeError(
      "TENANT_SWITCH",
      "Two tenantScope registrations resolved one request to different tenants. Register it once, or cross over in the handler with " +
        "switchTenant(tenant, reason, run).",
      { call: "tenantScope(options)" },
    )
  }
  claimed.set(request, key)
}

/** A crash of the application's own resolver is answered with 503 and must not be silent. */
function warn(cause: unknown): void {
  process.emitWarning(cause instanceof Error ? (cause.stack ?? cause.message) : String(cause), {
    type: "TenantFailsafeWarning",
    detail: "tenantScope could not resolve the tenant of a request, and answered 503.",
  })
}
