import { describeGiven } from "./describe-given.ts"
import { captureScope } from "./scope.ts"

/**
 * Returns the same sequence, sync or async, of which every step (`next`, `return`, `throw`) runs in the scope in which
 * `bindTenantIterable` was called: for generators and streams that are built for one tenant and consumed elsewhere,
 * such as a GraphQL subscription. A generator stays an iterator; `return` and `throw` are there if the source has them.
 *
 * @example
 * const rows = withTenant(id, () => bindTenantIterable(em.stream(Customer)))
 * for await (const customer of rows) response.write(JSON.stringify(customer))
 */
export function bindTenantIterable<T, R, N>(iterable: AsyncIterableIterator<T, R, N>): AsyncIterableIterator<T, R, N>
export function bindTenantIterable<T, R, N>(iterable: AsyncIterable<T, R, N>): AsyncIterable<T, R, N>
export function bindTenantIterable<T, R, N>(iterable: IterableIterator<T, R, N>): IterableIterator<T, R, N>
export function bindTenantIterable<T, R, N>(iterable: Iterable<T, R, N>): Iterable<T, R, N>
export function bindTenantIterable(iterable: object): object {
  if (!isIterable(iterable)) {
    throw new TypeError(
      `bindTenantIterable(iterable) got ${describeGiven(iterable)}, which is neither iterable nor async iterable.`,
    )
  }
  return bindSteps(iterable, captureScope())
}

const steps = ["next", "return", "throw", Symbol.dispose, Symbol.asyncDispose] as const
const openings = [Symbol.iterator, Symbol.asyncIterator] as const

type Source = Partial<Record<(typeof steps)[number] | (typeof openings)[number], unknown>>

function isIterable(value: Source | null | undefined): value is Source {
  return openings.some((opening) => typeof value?.[opening] === "function")
}

function bindSteps(source: Source, inScope: ReturnType<typeof captureScope>): object {
  const bound: Record<PropertyKey, unknown> = {}
  for (const step of steps) {
    const method = source[step]
    if (typeof method !== "function") continue
    bound[step] = (...args: unknown[]): unknown => inScope((): unknown => Reflect.apply(method, source, args))
  }
  for (const opening of openings) {
    const method = source[opening]
    if (typeof method !== "function") continue
    bound[opening] = (): unknown => {
      const iterator: Source = inScope(() => method.call(source))
      return iterator === source ? bound : bindSteps(iterator, inScope)
    }
  }
  return bound
}
