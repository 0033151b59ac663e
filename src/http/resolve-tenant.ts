import { currentContext, runScoped } from "../core/scope.ts"
import { parseTenantId, type TenantId } from "../core/tenant-id.ts"
import { chain, isPromiseLike, type MaybePromise } from "./maybe-promise.ts"
import type { ScopeSettings, TenantSettings } from "./options.ts"
import { rejection, unavailable, type Rejection } from "./rejection.ts"
import type { RequestPort } from "./request-port.ts"
import type { Selection } from "./selection.ts"
import { isSelector } from "./selector.ts"
import type { TimeLimit } from "./time-limit.ts"

/** Whose request it is, or why it is refused. */
export type TenantOutcome =
  | { readonly kind: "tenant"; readonly tenant: TenantId }
  | { readonly kind: "rejected"; readonly rejection: Rejection }

/** What a request may do. */
export type ScopeOutcome = TenantOutcome | { readonly kind: "tenantless"; readonly reason: string }

/**
 * Decides what a request may do, outside any scope. Never throws or rejects: what crashes or takes too long is a refusal. At once
 * where nothing is awaited.
 */
export function resolveScope(settings: ScopeSettings, port: RequestPort): MaybePromise<ScopeOutcome> {
  return settled(settings, () => {
    const reason = port.routeReason?.() ?? settings.tenantless?.(port.request) ?? false
    if (reason === false) return decideTenant(settings, port)
    if (typeof reason === "string" && reason.trim() !== "") return { kind: "tenantless", reason }
    throw new Error("tenantless must return a reason, or false.")
  })
}

/** Like `resolveScope`, for a request that must have a tenant. */
export function resolveTenant(settings: TenantSettings, port: RequestPort): MaybePromise<TenantOutcome> {
  return settled(settings, () => decideTenant(settings, port))
}

function settled<Outcome>(
  { timeLimit }: TenantSettings,
  decide: () => MaybePromise<Outcome>,
): MaybePromise<Outcome | Rejected> {
  try {
    const around = currentContext()
    const isOutside = around === undefined || (around.scope === undefined && around.isPending !== true)
    const outcome = isOutside ? decide() : runScoped(undefined, decide)
    return isPromiseLike(outcome) ? withinTime(outcome, timeLimit) : outcome
  } catch (cause) {
    return rejected(unavailable(cause))
  }
}

function withinTime<Outcome>(outcome: PromiseLike<Outcome>, timeLimit: TimeLimit): Promise<Outcome | Rejected> {
  return new Promise((resolve) => {
    const settle = (decided: Outcome | Rejected): void => {
      timeLimit.end(expire)
      resolve(decided)
    }
    const fail = (cause: unknown): void => settle(rejected(unavailable(cause)))
    const expire = (): void => fail(new Error(`The tenant was not resolved within ${timeLimit.milliseconds} ms.`))
    timeLimit.begin(expire)
    outcome.then(settle, fail)
  })
}

function decideTenant(settings: TenantSettings, port: RequestPort): MaybePromise<TenantOutcome> {
  return chain(select(settings, port), (selection) => {
    if (selection.kind !== "selected") return rejected(refusalOf(selection))
    const tenant = parseTenantId(selection.tenant, "resolve")
    if (settings.authorize === undefined) return { kind: "tenant", tenant }
    return chain(settings.authorize(port.request, tenant), (authorization): TenantOutcome => {
      if (authorization === true) return { kind: "tenant", tenant }
      if (authorization === "suspended") return rejected(rejection(403, "SUSPENDED", "This tenant is suspended."))
      return rejected(notFound())
    })
  })
}

function select({ resolve }: TenantSettings, port: RequestPort): MaybePromise<Selection> {
  if (isSelector(resolve)) return resolve.select(port)
  return chain(resolve(port.request), (tenant) =>
    tenant === undefined || tenant === null || tenant === ""
      ? { kind: "absent", detail: "The request names no tenant." }
      : { kind: "selected", tenant: tenant as TenantId },
  )
}

function refusalOf(selection: Exclude<Selection, { kind: "selected" }>): Rejection {
  switch (selection.kind) {
    case "absent":
      return rejection(400, "TENANT_ABSENT", selection.detail)
    case "malformed":
      return rejection(400, "TENANT_MALFORMED", selection.detail)
    case "unauthenticated":
      return rejection(401, "UNAUTHENTICATED", "Sign in first.")
    case "without-tenant":
      return rejection(403, "WITHOUT_TENANT", "You belong to no tenant.")
    case "unknown":
      return notFound()
  }
}

/** The same for a tenant that does not exist and for one that the caller may not enter: nobody can list the tenants. */
function notFound(): Rejection {
  return rejection(404, "TENANT_NOT_FOUND", "There is no such tenant.")
}

type Rejected = Extract<TenantOutcome, { readonly kind: "rejected" }>

function rejected(reason: Rejection): Rejected {
  return { kind: "rejected", rejection: reason }
}
