import type { IncomingMessage } from "node:http"

/** Who the caller is, by a header: what authentication would have verified. */
export interface Principal {
  readonly merchant?: string
}

/** What authentication and a session middleware leave on a request. */
export function identify(headers: IncomingMessage["headers"] | Record<string, string>): {
  readonly user: Principal | undefined
  readonly session: object | undefined
} {
  const { "x-user": user, "x-session": session } = headers as Record<string, string | undefined>
  return {
    user: user === undefined ? undefined : (JSON.parse(user) as Principal),
    session: session === undefined ? undefined : (JSON.parse(session) as object),
  }
}
