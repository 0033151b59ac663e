import { parseTenantId, type TenantId } from "../core/tenant-id.ts"
import type { ScopeSettings } from "./options.ts"
import { rejection, type Rejection } from "./rejection.ts"
import type { RequestPort } from "./request-port.ts"
import type { Selection } from "./selection.ts"
import { isSelector } from "./selector.ts"

/** What a request may do. */
export type Outcome =
  | { readonly kind: "tenant"; readonly tenant: TenantId }
  | { readonly kind: "tenantless"; readonly reason: string }
  | { readonly kind: "rejected"; readonly rejection: Rejection; readonly cause?: unknown }

/** Decides what a request may do. Never throws or rejects: what crashes or takes too long is a refusal. */
export async function resolveTenant(settings: ScopeSettings, port: RequestPort): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`The tenant was not resolved within ${settings.timeout} ms.`)),
      settings.timeout,
    )
  })
  try {
    return await Promise.race([decide(settings, port), tooLate])
  } catch (cause) {
    return { ...rejected(503, "UNAVAILABLE", "The tenant of this request could not be determined."), cause }
  } finally {
    clearTimeout(timer)
  }
}

async function decide(settings: ScopeSettings, port: RequestPort): Promise<Outcome> {
  const reason = settings.tenantless?.(port.request) ?? false
  if (reason !== false) {
    if (typeof reason !== "string" || reason.trim() === "")
      throw new Error("tenantless must return a reason, or false.")
    return { kind: "tenantless", reason }
  }
  const selection = await select(settings, port)
  if (selection.kind !== "selected") return refusalOf(selection)
  const tenant = parseTenantId(selection.tenant, "resolve")
  const authorization = settings.authorize === undefined ? true : await settings.authorize(port.request, tenant)
  if (authorization === true) return { kind: "tenant", tenant }
  if (authorization === "suspended") return rejected(403, "SUSPENDED", "This tenant is suspended.")
  return notFound()
}

async function select({ resolve }: ScopeSettings, port: RequestPort): Promise<Selection> {
  if (isSelector(resolve)) return resolve.select(port)
  const tenant = await resolve(port.request)
  if (tenant === undefined || tenant === null || tenant === "")
    return { kind: "absent", detail: "The request names no tenant." }
  return { kind: "selected", tenant: tenant as TenantId }
}

function refusalOf(selection: Exclude<Selection, { kind: "selected" }>): Outcome {
  switch (selection.kind) {
    case "absent":
      return rejected(400, "TENANT_ABSENT", selection.detail)
    case "malformed":
      return rejected(400, "TENANT_MALFORMED", selection.detail)
    case "unauthenticated":
      return rejected(401, "UNAUTHENTICATED", "Sign in first.")
    case "without-tenant":
      return rejected(403, "WITHOUT_TENANT", "You belong to no tenant.")
    case "unknown":
      return notFound()
  }
}

/** The same for a tenant that does not exist and for one that the caller may not enter: nobody can list the tenants. */
function notFound(): Outcome {
  return rejected(404, "TENANT_NOT_FOUND", "There is no such tenant.")
}

function rejected(
  status: Rejection["status"],
  code: Rejection["code"],
  detail: string,
): Outcome & { readonly kind: "rejected" } {
  return { kind: "rejected", rejection: rejection(status, code, detail) }
}
