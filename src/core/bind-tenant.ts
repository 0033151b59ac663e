import { keepSignature } from "./keep-signature.ts"
import { captureScope } from "./scope.ts"
import { assertCallable } from "./scope-arguments.ts"

/**
 * Returns a function that runs `fn` in the scope in which `bindTenant` was called, wherever it is called later: for
 * event listeners and callbacks of pools and queues, which run in whatever scope emits. Bound outside any scope, it
 * runs outside any scope. `this`, arguments, return value, name and length are those of `fn`.
 *
 * Keep the returned function to remove a listener: `fn` itself was never registered.
 *
 * @example
 * withTenant(id, () => emitter.on("order", bindTenant((order) => saveOrder(order))))
 */
export function bindTenant<F extends (...args: never[]) => unknown>(fn: F): F {
  assertCallable(fn, "bindTenant(fn)", "fn")
  const inScope = captureScope()
  function bound(this: unknown, ...args: never[]): unknown {
    return inScope(() => Reflect.apply(fn, this, args))
  }
  return keepSignature(bound, fn) as F
}
