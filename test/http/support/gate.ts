import { shuffled } from "./seeded.ts"

/**
 * Holds handlers back. It opens when so many of each lane wait, or all that are still to come there, and lets them go in reverse order
 * one time and shuffled the next.
 */
export class Gate {
  /** How many were waiting each time it opened. */
  readonly openings: number[] = []
  readonly #wave: number
  readonly #random: () => number
  readonly #lanes: { toCome: number; waiting: number }[]
  #waiting: (() => void)[] = []
  #isAbandoned = false

  /** @param passages how many handlers will come, by lane */
  constructor(passages: readonly number[], wave: number, random: () => number) {
    this.#lanes = passages.map((toCome) => ({ toCome, waiting: 0 }))
    this.#wave = wave
    this.#random = random
  }

  pass(lane: number): Promise<void> {
    if (this.#isAbandoned) return Promise.resolve()
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      this.#lanes[lane]!.waiting++
      if (this.#lanes.every(({ toCome, waiting }) => waiting >= Math.min(this.#wave, toCome))) this.#open()
    })
  }

  /** Lets everybody go, now and from now on: after a failure, when those that are still awaited may never come. */
  abandon(): void {
    this.#isAbandoned = true
    this.#open()
  }

  #open(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const lane of this.#lanes) {
      lane.toCome -= lane.waiting
      lane.waiting = 0
    }
    const isOdd = this.openings.push(waiting.length) % 2 === 1
    for (const go of isOdd ? waiting.toReversed() : shuffled(waiting, this.#random)) go()
  }
}
