import type { TenantId } from "../core/tenant-id.ts"
import { selector, type Selector } from "../http/selector.ts"
import { Namespace } from "./namespace.ts"

/** What is used of a namespace: of cls-hooked's own, or of this entry's. */
interface Readable {
  get(key: string): unknown
}

/**
 * A `resolve` for `tenantScope` that reads the tenant out of a namespace once, when the request enters: what cls-hooked says later may
 * be another request's. What it says then may be, too: cls-hooked 4.2.2 shows the values of a `runPromise` to every request that comes in
 * meanwhile and after it, which is why `authorize` must confirm the tenant. A namespace of this entry has no such leak, and needs none.
 *
 * @example
 * app.use(tenantScope({ resolve: fromClsHooked(getNamespace("app"), "merchantId"), authorize: isMember }))
 */
export function fromClsHooked(namespace: Readable, key: string): Selector {
  return selector({
    risk:
      namespace instanceof Namespace
        ? undefined
        : "may read the tenant of another request, as cls-hooked 4.2.2 leaks it",
    label: `fromClsHooked(namespace, "${key}")`,
    select() {
      const tenant = namespace.get(key)
      return tenant === undefined || tenant === null || tenant === ""
        ? { kind: "absent", detail: "The request names no tenant." }
        : { kind: "selected", tenant: tenant as TenantId }
    },
  })
}
