/**
 * Gives a wrapper the name and length of what it wraps. Express tells an error handler by its four parameters, BullMQ
 * a processor that takes a signal by its three.
 */
export function keepSignature<F extends (...args: never[]) => unknown>(
  wrapper: F,
  wrapped: (...args: never[]) => unknown,
): F {
  return Object.defineProperties(wrapper, {
    name: { value: wrapped.name, configurable: true },
    length: { value: wrapped.length, configurable: true },
  })
}
