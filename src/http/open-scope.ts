import { TenantFailsafeError } from "../core/errors.ts"
import { runScoped, withoutTenant } from "../core/scope.ts"
import type { Route } from "../core/scope-context.ts"
import { tenantKey, type TenantId } from "../core/tenant-id.ts"
import { chain, type MaybePromise } from "./maybe-promise.ts"
import type { ScopeSettings } from "./options.ts"
import { refuse, type Answering } from "./refuse.ts"
import type { RequestPort } from "./request-port.ts"
import { resolveScope } from "./resolve-tenant.ts"

/** How a framework goes on with a request, or refuses it. */
export interface Ways<Result> extends Answering<Result> {
  /** Runs the rest of the application, in the scope that is open by then. */
  proceed(): Result
}

/**
 * Decides what a request may do, then runs the rest of the application in its scope or refuses it. A request begins outside any
 * scope, whatever scope the server was started in. Returns what `proceed` returned, at once where nothing is awaited.
 */
export function openScope<Result>(
  settings: ScopeSettings,
  port: RequestPort,
  ways: Ways<Result>,
): MaybePromise<Result> {
  return chain(resolveScope(settings, port), (outcome): MaybePromise<Result> => {
    if (outcome.kind === "rejected") return refuse(settings, outcome.rejection, ways)
    const proceed = (): Result => ways.proceed()
    const route = routeOf(port)
    if (outcome.kind === "tenantless") {
      return runScoped(undefined, () => withoutTenant(outcome.reason, proceed), route)
    }
    claim(port.request, outcome.tenant)
    return runScoped({ kind: "tenant", tenant: outcome.tenant }, proceed, route)
  })
}

/** Asks for the route when a leak is found: the framework may match it after the scope was opened. */
export function routeOf({ request, route }: RequestPort): Route | undefined {
  if (route === undefined) return undefined
  const asked = new WeakRef(request)
  return () => {
    const alive = asked.deref()
    return alive && route(alive)
  }
}

/** The tenant for which each request was opened. */
const claimed = new WeakMap<object, string>()

/**
 * A second `tenantScope` on the way of one request may confirm its tenant, and not change it.
 *
 * @throws {TenantFailsafeError} `TENANT_SWITCH`
 */
export function claim(request: object, tenant: TenantId): void {
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
