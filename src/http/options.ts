import { didYouMean } from "../core/closest-name.ts"
import { TenantFailsafeError } from "../core/errors.ts"
import { invalid } from "../core/options.ts"
import type { TenantId } from "../core/tenant-id.ts"
import type { Rejection } from "./rejection.ts"
import { isSelector, type Selector } from "./selector.ts"
import { TimeLimit } from "./time-limit.ts"

/** What a resolver of the application's own returns; undefined refuses the request with 400. */
export type Resolved = TenantId | null | undefined

/** What `authorize` says: yes, no (404, as for a tenant that does not exist), or the tenant is suspended (403). */
export type Authorization = boolean | "suspended"

/** Which tenant a request is for: a built-in resolver such as `fromClaim("tenant")`, or a function of the request. */
export type Resolve<Request> = Selector | ((request: Request) => Resolved | Promise<Resolved>)

/** Whether this caller may act for this tenant. Anything but `true` is a no. */
export type Authorize<Request> = (request: Request, tenant: TenantId) => Authorization | Promise<Authorization>

/** Answers a refused request instead of the default problem body. Returning without an answer falls back to the default. */
export type OnReject<Request, Rest extends readonly unknown[]> = (
  rejection: Rejection,
  request: Request,
  ...rest: Rest
) => unknown

/** The options of `tenantScope`, the same in each framework. `Request` is the framework's own, `Rest` what its handlers get besides. */
export interface TenantScopeOptions<Request, Rest extends readonly unknown[] = readonly []> {
  readonly resolve: Resolve<Request>
  readonly authorize?: Authorize<Request>
  /** The reason why a resolver that the client controls may stand without `authorize`. */
  readonly trustClient?: string
  /** The reason why a request needs no tenant (`/login`, `/health`), which then runs in `withoutTenant(reason)`; else false. */
  readonly tenantless?: (request: Request) => string | false
  readonly onReject?: OnReject<Request, Rest>
  /** Milliseconds that `resolve` and `authorize` may take together; default 5,000. */
  readonly timeout?: number
}

/** How the tenant of a request is decided, and who answers when it is refused. */
export interface TenantSettings {
  readonly resolve: Selector | ((request: object) => unknown)
  readonly authorize: ((request: object, tenant: TenantId) => unknown) | undefined
  readonly onReject: ((rejection: Rejection, ...rest: unknown[]) => unknown) | undefined
  readonly timeLimit: TimeLimit
}

/** Validated options of `tenantScope` with the defaults filled in. */
export interface ScopeSettings extends TenantSettings {
  readonly tenantless: ((request: object) => unknown) | undefined
}

const tenantOptions = ["resolve", "authorize", "onReject", "timeout"]
const scopeOptions = [...tenantOptions, "trustClient", "tenantless"]
const defaultTimeout = 5000

/**
 * Checks the options when the middleware is made, so that a server that trusts its clients by accident does not start.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`, `REASON_MISSING`
 */
export function readScopeOptions<Request, Rest extends readonly unknown[]>(
  options: TenantScopeOptions<Request, Rest>,
  call = "tenantScope",
  further: readonly string[] = [],
): ScopeSettings {
  const settings = readTenantOptions(call, options, [...scopeOptions, ...further])
  assertFunctions({ tenantless: options.tenantless })
  assertTrusted(settings, options.trustClient)
  return { ...settings, tenantless: options.tenantless as ScopeSettings["tenantless"] }
}

/** Checks what both `tenantScope` and `tenantSwitch` take, besides which `further` options are known. */
export function readTenantOptions(
  call: string,
  options: object,
  known: readonly string[] = tenantOptions,
): TenantSettings {
  if (typeof options !== "object" || options === null) {
    throw invalid(`${call} needs options. Pass at least { resolve: fromClaim('tenant') }.`, {})
  }
  assertKnown(call, options, known)
  const {
    resolve,
    authorize,
    onReject,
    timeout = defaultTimeout,
  } = options as Partial<TenantSettings> & { readonly timeout?: number }
  if (!isSelector(resolve) && typeof resolve !== "function") {
    throw invalid("resolve must be a function of the request, or a resolver such as fromClaim('tenant').", {
      option: "resolve",
    })
  }
  assertFunctions({ authorize, onReject })
  if (!Number.isInteger(timeout) || timeout < 1) {
    throw invalid("timeout must be a whole number of milliseconds, at least 1.", { option: "timeout" })
  }
  return { resolve, authorize, onReject, timeLimit: new TimeLimit(timeout) }
}

/** @throws {TenantFailsafeError} `OPTION_INVALID` for an option that nobody reads */
export function assertKnown(call: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    throw invalid(`'${name}' is no option of ${call}.${didYouMean(name, known)}`, { option: name })
  }
}

function assertFunctions(options: Readonly<Record<string, unknown>>): void {
  for (const [option, value] of Object.entries(options)) {
    if (value !== undefined && typeof value !== "function") throw invalid(`${option} must be a function.`, { option })
  }
}

function assertTrusted({ resolve, authorize }: TenantSettings, trustClient: unknown): void {
  if (trustClient !== undefined && (typeof trustClient !== "string" || trustClient.trim() === "")) {
    throw new TenantFailsafeError(
      "REASON_MISSING",
      "trustClient needs a reason: a sentence that tells a reader why clients are trusted.",
      { option: "trustClient" },
    )
  }
  if (!isSelector(resolve) || resolve.risk === undefined || authorize !== undefined || trustClient !== undefined) return
  throw invalid(
    `${resolve.label} ${resolve.risk}. Pass authorize: (request, tenant) => isMember(request.user, tenant), or ` +
      "trustClient: 'reason' if something in front of this server has verified it.",
    { option: "authorize", resolver: resolve.label },
  )
}
