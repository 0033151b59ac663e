import { currentTenant } from "../../src/index.ts"
import { fromClaim, fromHeader } from "../../src/http/index.ts"
import type { Application, Options } from "./request-apps.ts"

/** How the tenant is found. */
export type Variant = "claim" | "header"

/** The applications that are compared. `control` is `vanilla` once more: the same without `tenantScope`. */
export type RequestWayName = "vanilla" | "control" | Variant

export const variants: readonly Variant[] = ["claim", "header"]

/** What each request sends; the ways read of it what they need. */
export const headers = { authorization: "Bearer of-the-caller", "x-merchant": "7" } as const

const users: ReadonlyMap<string | undefined, object> = new Map([[headers.authorization, { merchantId: 7 }]])
const members: ReadonlySet<unknown> = new Set(["7"])

const scopes: Readonly<Record<RequestWayName, Options | undefined>> = {
  vanilla: undefined,
  control: undefined,
  claim: { resolve: fromClaim("merchantId") },
  header: { resolve: fromHeader("x-merchant"), authorize: async (_, tenant) => members.has(tenant) },
}

/** The application of a way; it answers only in the scope that the way promises. */
export function applicationOf(name: RequestWayName): Application {
  const scope = scopes[name]
  const expected = scope === undefined ? undefined : "7"
  const body = { hello: "world" }
  return {
    scope,
    identify: (authorization) => users.get(authorization),
    work() {
      const tenant = currentTenant()
      // The claim is a number, the header a text.
      if ((tenant === undefined ? undefined : String(tenant)) !== expected)
        throw new Error(`Not in the scope of ${name}.`)
      return body
    },
  }
}
