const own = new WeakSet<object>()

/** Remembers a subscriber that is the failsafe's. */
export function registerOwn(subscriber: object): void {
  own.add(subscriber)
}

/** Whether a subscriber is the failsafe's, and not the application's. */
export function isOwn(subscriber: object): boolean {
  return own.has(subscriber)
}
