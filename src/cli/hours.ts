// More than a year of them.
const maxHours = 9_000

/** Events by the hour; of very many hours, the latest. */
export class Hours {
  #events = new Map<string, number>()

  /** `time` is ISO 8601, as all records have it. */
  add(time: string, events: number): void {
    const hour = `${time.slice(0, 13)}:00:00.000Z`
    this.#events.set(hour, Math.min((this.#events.get(hour) ?? 0) + events, Number.MAX_SAFE_INTEGER))
    if (this.#events.size > 2 * maxHours) this.#events = new Map(this.inOrder())
  }

  inOrder(): [hour: string, events: number][] {
    return [...this.#events].toSorted(([one], [other]) => (one < other ? -1 : 1)).slice(-maxHours)
  }
}
