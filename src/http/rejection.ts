/** Why a request was refused, in the terms of HTTP. */
export interface Rejection {
  readonly status: 400 | 401 | 403 | 404 | 503
  readonly code:
    | "TENANT_ABSENT"
    | "TENANT_MALFORMED"
    | "UNAUTHENTICATED"
    | "WITHOUT_TENANT"
    | "SUSPENDED"
    | "TENANT_NOT_FOUND"
    | "UNAVAILABLE"
  /** A sentence for the client. It never tells whether a tenant exists. */
  readonly detail: string
  /** With 503: what `resolve`, `authorize` or `tenantless` threw, or that they took too long. For logs, never for the client. */
  readonly cause?: unknown
}

/** The JSON body of a refusal, as RFC 9457 has it. */
export interface Problem {
  readonly type: "about:blank"
  readonly title: string
  readonly status: Rejection["status"]
  readonly detail: string
  readonly code: Rejection["code"]
}

const titles: Readonly<Record<Rejection["status"], string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  503: "Service Unavailable",
}

export const problemType = "application/problem+json"

export function problemOf({ status, code, detail }: Rejection): Problem {
  return { type: "about:blank", title: titles[status], status, detail, code }
}

export function rejection(status: Rejection["status"], code: Rejection["code"], detail: string): Rejection {
  return Object.freeze({ status, code, detail })
}

/** A crash of the application's own functions, or their time limit. */
export function unavailable(cause: unknown): Rejection {
  const detail = "The tenant of this request could not be determined."
  return Object.freeze({ status: 503, code: "UNAVAILABLE", detail, cause })
}
