import { publishBypass } from "../core/bypass-channel.ts"
import { invalid } from "../core/options.ts"
import type { TenantId } from "../core/tenant-id.ts"
import { chain, type MaybePromise } from "./maybe-promise.ts"
import { readTenantOptions, type Authorize, type OnReject, type Resolve, type TenantSettings } from "./options.ts"
import { refuse, type Answering } from "./refuse.ts"
import { rejection, unavailable } from "./rejection.ts"
import type { RequestPort } from "./request-port.ts"
import { resolveTenant } from "./resolve-tenant.ts"
import { writeSession } from "./session.ts"

/** The options of `tenantSwitch`, the same in each framework. */
export interface TenantSwitchOptions<Request, Rest extends readonly unknown[] = readonly []> {
  /** Which tenant the caller asks for: usually `fromBody("tenant")`, or a function of the request. */
  readonly resolve: Resolve<Request>
  /** Whether this caller may act for this tenant. Without a yes the session stays as it is. */
  readonly authorize: Authorize<Request>
  /** The session's key that `fromSession(key)` reads, or a function that stores the tenant in its own way. */
  readonly session: string | ((request: Request, tenant: TenantId) => unknown)
  readonly onReject?: OnReject<Request, Rest>
  /** Milliseconds that `resolve` and `authorize` may take together; default 5,000. */
  readonly timeout?: number
}

/** What the answer says: the tenant that is active from the next request on. */
export interface SwitchedTenant {
  readonly tenant: string | number
}

export interface SwitchSettings extends TenantSettings {
  readonly session: string | ((request: object, tenant: TenantId) => unknown)
}

/** @throws {TenantFailsafeError} `OPTION_INVALID` */
export function readSwitchOptions<Request, Rest extends readonly unknown[]>(
  options: TenantSwitchOptions<Request, Rest>,
): SwitchSettings {
  const settings = readTenantOptions("tenantSwitch", options, [
    "resolve",
    "authorize",
    "session",
    "onReject",
    "timeout",
  ])
  const { session } = options
  if (settings.authorize === undefined) {
    throw invalid("tenantSwitch needs authorize: (request, tenant) => isMember(request.user, tenant).", {
      option: "authorize",
    })
  }
  if (typeof session !== "function" && (typeof session !== "string" || session.trim() === "")) {
    throw invalid("session must be the key that fromSession(key) reads, or a function that stores the tenant.", {
      option: "session",
    })
  }
  return { ...settings, session: session as SwitchSettings["session"] }
}

/** Stores the tenant in the session once `authorize` said yes, publishes the switch, and answers which tenant is active. */
export function switchSession<Result>(
  settings: SwitchSettings,
  port: RequestPort,
  answering: Answering<Result>,
): MaybePromise<Result> {
  const { session } = settings
  if (typeof session === "string" && port.session() == null) {
    return refuse(settings, rejection(401, "UNAUTHENTICATED", "Sign in first."), answering)
  }
  return chain(resolveTenant(settings, port), (outcome) => {
    if (outcome.kind === "rejected") return refuse(settings, outcome.rejection, answering)
    // JSON, in which sessions are stored, has no bigint.
    const tenant = typeof outcome.tenant === "bigint" ? String(outcome.tenant) : outcome.tenant
    return chain(stored(session, port, tenant), (failure) => {
      if (failure !== undefined) return refuse(settings, unavailable(failure.cause), answering)
      publishBypass({ event: "tenant_bypass", v: 1, kind: "switch", reason, time: new Date().toISOString() })
      return answering.answer(200, "application/json", { tenant } satisfies SwitchedTenant)
    })
  })
}

const reason = "a session moved to another tenant by tenantSwitch"

/** Stores the tenant; returns why that failed, if it did. */
async function stored(
  session: SwitchSettings["session"],
  port: RequestPort,
  tenant: string | number,
): Promise<{ readonly cause: unknown } | undefined> {
  try {
    await (typeof session === "string" ? writeSession(port.session()!, session, tenant) : session(port.request, tenant))
    return undefined
  } catch (cause) {
    return { cause }
  }
}
