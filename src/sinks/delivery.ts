import { writeToStderr } from "../core/leak-channel.ts"
import type { LeakRecord } from "../core/leak-report.ts"
import { runScoped } from "../core/scope.ts"
import type { LeakSink } from "./leak-sink.ts"

/** Hands records to a sink after the query is done, outside any scope. What the sink does not take goes to stderr. */
export class Delivery {
  readonly #sink: LeakSink
  #queue: LeakRecord[] = []
  readonly #underway = new Set<Promise<unknown>>()
  #isScheduled = false
  #hasComplained = false

  constructor(sink: LeakSink) {
    this.#sink = sink
  }

  send(record: LeakRecord): void {
    this.#queue.push(record)
    if (this.#isScheduled) return
    this.#isScheduled = true
    // The query goes on in promise jobs, which all come before.
    setImmediate(() => {
      this.#isScheduled = false
      this.drain()
    })
  }

  /** Hands over what is waiting, now. */
  drain(): void {
    for (const record of this.#queue.splice(0)) runScoped(undefined, () => this.#write(record))
  }

  /** Resolves when the sink has taken everything, or `milliseconds` are over. */
  async flush(milliseconds: number): Promise<void> {
    this.drain()
    let timer: NodeJS.Timeout | undefined
    const tooLate = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, milliseconds)
    })
    await Promise.race([this.#settle(), tooLate])
    clearTimeout(timer)
  }

  /** What can be done while the process exits. */
  flushSync(): void {
    this.drain()
    try {
      this.#sink.flushSync?.()
    } catch (cause) {
      this.#complain(cause)
    }
  }

  #write(record: LeakRecord): void {
    try {
      const written = this.#sink.write(record)
      if (!isThenable(written)) return
      const underway: Promise<unknown> = Promise.resolve(written)
        .catch((cause: unknown) => this.#fail(record, cause))
        .finally(() => this.#underway.delete(underway))
      this.#underway.add(underway)
    } catch (cause) {
      this.#fail(record, cause)
    }
  }

  async #settle(): Promise<void> {
    await Promise.all(this.#underway)
    try {
      await this.#sink.flush?.()
    } catch (cause) {
      this.#complain(cause)
    }
  }

  #fail(record: LeakRecord, cause: unknown): void {
    writeToStderr(record)
    this.#complain(cause)
  }

  #complain(cause: unknown): void {
    if (this.#hasComplained) return
    this.#hasComplained = true
    process.emitWarning(cause instanceof Error ? (cause.stack ?? cause.message) : String(cause), {
      type: "TenantFailsafeWarning",
      detail: "A sink of reportLeaks failed. What it does not take goes to stderr.",
    })
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === "function"
}
