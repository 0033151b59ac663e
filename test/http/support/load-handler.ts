import { access } from "node:fs/promises"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import type { Application } from "./frameworks.ts"
import type { Gate } from "./gate.ts"
import type { Planned } from "./load-plan.ts"
import type { Witness } from "./load-witness.ts"

/** Where a handler found itself at some moment. */
export interface Sight {
  readonly request: Planned
  readonly moment: string
  readonly scope: unknown
}

type Look = (moment: string) => void

/** What a handler looks at from its first line to its last, in this order. */
export const moments = [
  "entry",
  "after the gate",
  ...["setImmediate", "queueMicrotask", "nextTick"].flatMap((way) => [`in ${way}`, `after ${way}`]),
  "after fs.promises",
  "in a stream",
  "after the stream",
]

/** An application that waits, crashes and answers as planned, and notes the scope that it is in all along. */
export class LoadHandler implements Application {
  readonly sights: Sight[] = []
  /** The requests whose handler came to its end. */
  readonly done: Planned[] = []
  /** Resolves when the last handler came to its end; a client that left does not wait for its own. */
  readonly allDone: Promise<void>
  readonly #toCome: number
  readonly #finish: () => void
  readonly #plan: readonly Planned[]
  readonly #gate: Gate
  readonly #witness: Witness
  readonly #currentScope: () => unknown
  readonly #seen = new Set<Planned>()
  readonly #whenWaiting = new Map<number, () => void>()

  constructor(plan: readonly Planned[], gate: Gate, witness: Witness, currentScope: () => unknown) {
    this.#plan = plan
    this.#gate = gate
    this.#witness = witness
    this.#currentScope = currentScope
    this.#toCome = plan.filter(({ kind }) => isHandled(kind)).length
    const { promise, resolve } = Promise.withResolvers<void>()
    this.allDone = promise
    this.#finish = resolve
  }

  hasSeen(request: Planned): boolean {
    return this.#seen.has(request)
  }

  /** Calls back when the handler of this request waits. */
  onceWaiting(id: number, call: () => void): void {
    this.#whenWaiting.set(id, call)
  }

  // The frameworks get it without its `this`.
  readonly work = async (path: string, body: unknown): Promise<unknown> => {
    const request = this.#plan[Number(path.split("/")[2])]!
    const look: Look = (moment) => void this.sights.push({ request, moment, scope: this.#currentScope() })
    this.#seen.add(request)
    look("entry")
    if (request.kind.waits === true) {
      this.#whenWaiting.get(request.id)?.()
      if (request.kind.leaves !== undefined) await this.#witness.closed(request.id)
      await this.#gate.pass(request.lane)
    }
    look("after the gate")
    await everyWayToWait(look)
    if (this.done.push(request) === this.#toCome) this.#finish()
    if (request.kind.crashes === true) throw new Error("crash")
    return { id: request.id, scope: this.#currentScope(), body: request.kind.body && body }
  }
}

/** Whether a request gets past the scope, and whole. */
export function isHandled({ names, needsNoTenant, leaves }: Planned["kind"]): boolean {
  return (names === undefined || needsNoTenant === true) && leaves !== "while it sends the body"
}

async function everyWayToWait(look: Look): Promise<void> {
  const callback = async (way: string, call: (callback: () => void) => unknown): Promise<void> => {
    await new Promise<void>((resolve) => {
      call(() => {
        look(`in ${way}`)
        resolve()
      })
    })
    look(`after ${way}`)
  }
  await callback("setImmediate", setImmediate)
  await callback("queueMicrotask", queueMicrotask)
  await callback("nextTick", (call) => process.nextTick(call))
  await access(process.execPath)
  look("after fs.promises")
  await pipeline(Readable.from(["chunk"]), async (chunks: AsyncIterable<string>) => {
    for await (const _ of chunks) look("in a stream")
  })
  look("after the stream")
}
