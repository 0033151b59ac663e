/**
 * The values that were seen last, at most `limit` of them. Which ones they are does not depend on the order in which they are added: one
 * that is dropped is older than `limit` others, and stays so.
 */
export class LatestValues {
  readonly #limit: number
  #times = new Map<string, string>()

  constructor(limit: number) {
    this.#limit = limit
  }

  add(value: string, time: string): void {
    const known = this.#times.get(value)
    if (known !== undefined && known >= time) return
    this.#times.set(value, time)
    if (this.#times.size > 2 * this.#limit) this.#times = new Map(this.#latest())
  }

  /** Sorted. */
  values(): string[] {
    return this.#latest()
      .map(([value]) => value)
      .toSorted()
  }

  #latest(): [value: string, time: string][] {
    return [...this.#times].toSorted(laterFirst).slice(0, this.#limit)
  }
}

function laterFirst([value, time]: [string, string], [otherValue, otherTime]: [string, string]): number {
  if (time !== otherTime) return time > otherTime ? -1 : 1
  return value > otherValue ? -1 : 1
}
