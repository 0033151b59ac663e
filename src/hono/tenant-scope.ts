import { openScope } from "../http/open-scope.ts"
import { readScopeOptions, type TenantScopeOptions } from "../http/options.ts"
import { problemType } from "../http/rejection.ts"
import { queryValues, type RequestPort } from "../http/request-port.ts"

/** What is used of Hono's context. */
interface HonoContext {
  readonly req: {
    readonly url: string
    header(name: string): string | undefined
    param(name: string): string | undefined
  }
  get(key: string): unknown
}

type Next = () => Promise<void>

/**
 * Middleware for Hono, on Node and any runtime with AsyncLocalStorage: what follows it runs in the scope of the request's tenant.
 * Register it after authentication.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`, `REASON_MISSING`
 *
 * @example
 * app.use(tenantScope({ resolve: fromClaim("merchantId") }))
 */
export function tenantScope<Context extends HonoContext = HonoContext>(
  options: TenantScopeOptions<Context, readonly [next: Next]>,
): (context: Context, next: Next) => Promise<Response | void> {
  const settings = readScopeOptions(options)
  return (context, next) =>
    openScope<Promise<Response | void>>(settings, portOf(context), {
      proceed: next,
      isAnswered: (answer) => answer instanceof Response,
      async refuse({ status }, body) {
        return new Response(body, { status, headers: { "content-type": problemType } })
      },
      rest: [context, next],
    })
}

function portOf(context: HonoContext): RequestPort {
  return {
    request: context,
    headers(name) {
      // The standard's Headers join what was sent several times by a comma, which no id has.
      const value = context.req.header(name)
      return value === undefined ? [] : [value]
    },
    host: () => new URL(context.req.url).hostname,
    query: (name) => queryValues(context.req.url, name),
    param: (name) => context.req.param(name),
    session: () => objectOf(context.get("session")),
    principal: () => objectOf(context.get("jwtPayload") ?? context.get("user")),
  }
}

function objectOf(value: unknown): object | undefined {
  return typeof value === "object" && value !== null ? value : undefined
}
