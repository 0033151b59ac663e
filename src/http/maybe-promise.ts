/** A value, or the promise of one: what need not be awaited costs no promise. */
export type MaybePromise<T> = T | PromiseLike<T>

export function isPromiseLike<T>(value: MaybePromise<T>): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | null | undefined)?.then === "function"
}

/** Goes on with a value at once, or when its promise is fulfilled. */
export function chain<T, R>(value: MaybePromise<T>, goOn: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return isPromiseLike(value) ? Promise.resolve(value).then(goOn) : goOn(value)
}
