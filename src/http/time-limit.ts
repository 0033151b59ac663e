/**
 * Ends what takes too long. One timer serves all requests that are waiting: starting one for each costs several microseconds, most of
 * which are spent in vain. A limit is exceeded by a tenth at most.
 */
export class TimeLimit {
  readonly milliseconds: number
  /** What is to be called, by when it began to wait: the oldest first, as a Map keeps it. */
  readonly #waiting = new Map<() => void, number>()
  #isTicking = false

  constructor(milliseconds: number) {
    this.milliseconds = milliseconds
  }

  /** Calls `expire` when the time is over, unless `end` is called with it before. */
  begin(expire: () => void): void {
    this.#waiting.set(expire, performance.now())
    if (!this.#isTicking) this.#tick()
  }

  end(expire: () => void): void {
    this.#waiting.delete(expire)
  }

  #tick(): void {
    this.#isTicking = this.#waiting.size > 0
    if (!this.#isTicking) return
    // A server that waits for nothing else has ended.
    setTimeout(() => this.#sweep(), Math.max(1, this.milliseconds / 10)).unref()
  }

  #sweep(): void {
    const latest = performance.now() - this.milliseconds
    for (const [expire, began] of this.#waiting) {
      if (began > latest) break
      this.#waiting.delete(expire)
      expire()
    }
    this.#tick()
  }
}
