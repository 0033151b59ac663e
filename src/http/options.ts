import { didYouMean } from "../core/closest-name.ts"
import { TenantFailsafeError } from "../core/errors.ts"
import { invalid } from "../core/options.ts"
import type { TenantId } from "../core/tenant-id.ts"
import type { Rejection } from "./rejection.ts"
import { isSelector, type Selector } from "./selector.ts"

/** What a resolver of the application's own returns; undefined refuses the request with 400. */
export type Resolved = TenantId | null | undefined

/** What `authorize` says: yes, no (404, as for a tenant that does not exist), or the tenant is suspended (403). */
export type Authorization = boolean | "suspended"

/** The options of `tenantScope`, the same in each framework. `Request` is the framework's own, `Rest` what its handlers get besides. */
export interface TenantScopeOptions<Request, Rest extends readonly unknown[] = readonly []> {
  /** Which tenant the request is for: a built-in resolver such as `fromClaim("tenant")`, or a function of the request. */
  readonly resolve: Selector | ((request: Request) => Resolved | Promise<Resolved>)
  /** Whether this caller may act for this tenant. Anything but `true` is a no. */
  readonly authorize?: (request: Request, tenant: TenantId) => Authorization | Promise<Authorization>
  /** The reason why a resolver that the client controls may stand without `authorize`. */
  readonly trustClient?: string
  /** The reason why a request needs no tenant (`/login`, `/health`), which then runs in `withoutTenant(reason)`; else false. */
  readonly tenantless?: (request: Request) => string | false
  /** Answers a refused request instead of the default problem body. Returning without an answer falls back to the default. */
  readonly onReject?: (rejection: Rejection, request: Request, ...rest: Rest) => unknown
  /** Milliseconds that `resolve` and `authorize` may take together; default 5,000. */
  readonly timeout?: number
}

/** Validated options with the defaults filled in. */
export interface ScopeSettings {
  readonly resolve: Selector | ((request: object) => unknown)
  readonly authorize: ((request: object, tenant: TenantId) => unknown) | undefined
  readonly tenantless: ((request: object) => unknown) | undefined
  readonly onReject: ((rejection: Rejection, ...rest: unknown[]) => unknown) | undefined
  readonly timeout: number
}

const known = ["resolve", "authorize", "trustClient", "tenantless", "onReject", "timeout"]
const defaultTimeout = 5000

/**
 * Checks the options when the middleware is made, so that a server that trusts its clients by accident does not start.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`, `REASON_MISSING`
 */
export function readScopeOptions<Request, Rest extends readonly unknown[]>(
  options: TenantScopeOptions<Request, Rest>,
): ScopeSettings {
  if (typeof options !== "object" || options === null) {
    throw invalid("tenantScope needs options. Pass at least { resolve: fromClaim('tenant') }.", {})
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name))
      throw invalid(`'${name}' is no option of tenantScope.${didYouMean(name, known)}`, { option: name })
  }
  const { resolve, authorize, trustClient, tenantless, onReject, timeout = defaultTimeout } = options
  if (!isSelector(resolve) && typeof resolve !== "function") {
    throw invalid("resolve must be a function of the request, or a resolver such as fromClaim('tenant').", {
      option: "resolve",
    })
  }
  for (const [option, value] of Object.entries({ authorize, tenantless, onReject })) {
    if (value !== undefined && typeof value !== "function") throw invalid(`${option} must be a function.`, { option })
  }
  if (!Number.isInteger(timeout) || timeout < 1) {
    throw invalid("timeout must be a whole number of milliseconds, at least 1.", { option: "timeout" })
  }
  assertTrusted(resolve, authorize !== undefined, trustClient)
  return { resolve, authorize, tenantless, onReject, timeout } as ScopeSettings
}

function assertTrusted(resolve: unknown, isAuthorized: boolean, trustClient: unknown): void {
  if (trustClient !== undefined && (typeof trustClient !== "string" || trustClient.trim() === "")) {
    throw new TenantFailsafeError(
      "REASON_MISSING",
      "trustClient needs a reason: a sentence that tells a reader why clients are trusted.",
      {
        option: "trustClient",
      },
    )
  }
  if (!isSelector(resolve) || resolve.source === "server" || isAuthorized || trustClient !== undefined) return
  throw invalid(
    `${resolve.label} lets the client choose its tenant. Pass authorize: (request, tenant) => isMember(request.user, tenant), or ` +
      "trustClient: 'reason' if something in front of this server has verified it.",
    { option: "authorize", resolver: resolve.label },
  )
}
