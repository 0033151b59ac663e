import type { IncomingMessage } from "node:http"
import { openScope } from "../http/open-scope.ts"
import { readScopeOptions, type TenantScopeOptions } from "../http/options.ts"
import { problemType } from "../http/rejection.ts"
import { queryValues, type RequestPort } from "../http/request-port.ts"

/** What is used of Koa's context. */
interface KoaContext {
  readonly req: IncomingMessage
  readonly url: string
  readonly hostname: string
  readonly state: object
  readonly respond?: boolean | undefined
  status: number
  body: unknown
  type: string
}

type Next = () => Promise<unknown>

/**
 * Middleware for Koa: what follows it runs in the scope of the request's tenant. Register it after authentication and after the body
 * parser.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`, `REASON_MISSING`
 *
 * @example
 * app.use(tenantScope({ resolve: fromClaim("merchantId") }))
 */
export function tenantScope<Context extends KoaContext = KoaContext>(
  options: TenantScopeOptions<Context, readonly [next: Next]>,
): (context: Context, next: Next) => Promise<void> {
  const settings = readScopeOptions(options)
  return async (context, next) => {
    const { status } = context
    await openScope<Promise<unknown>>(settings, portOf(context), {
      proceed: next,
      isAnswered: () => context.status !== status || context.body !== undefined || context.respond === false,
      async refuse(rejection, body) {
        context.status = rejection.status
        context.body = body
        context.type = problemType
      },
      rest: [context, next],
    })
  }
}

function portOf(context: KoaContext): RequestPort {
  const extended = context as {
    readonly session?: object
    readonly params?: Readonly<Record<string, string | undefined>>
  }
  return {
    request: context,
    headers: (name) => context.req.headersDistinct[name] ?? [],
    host: () => context.hostname,
    query: (name) => queryValues(context.url, name),
    param: (name) => extended.params?.[name],
    session: () => extended.session,
    principal: () => (context.state as { readonly user?: object }).user,
  }
}
