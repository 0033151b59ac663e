/** What is used of a namespace: of cls-hooked's own, or of this entry's. */
interface Readable {
  get(key: string): unknown
}

/**
 * A `resolve` for `tenantScope` that reads the tenant out of a namespace once, when the request enters, and never again: what
 * cls-hooked says later may be another request's.
 *
 * @example
 * app.use(tenantScope({ resolve: fromClsHooked(getNamespace("app"), "merchantId") }))
 */
export function fromClsHooked(
  namespace: Readable,
  key: string,
): (request?: unknown) => string | number | bigint | undefined {
  return () => namespace.get(key) as string | number | bigint | undefined
}
