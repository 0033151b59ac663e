import { AsyncLocalStorage } from "node:async_hooks"
import type { EventEmitter } from "node:events"

/** The values of one run; those of the runs around it are inherited. */
export type Context = Record<string | symbol, unknown>

/** Which context is active: one object per run, which `enter` and `exit` change for all that belongs to the run. */
interface Frame {
  context: Context
  readonly entered: Context[]
}

const contextOf = Symbol.for("tenant-failsafe/cls-hooked/error-context@1")

/**
 * A namespace with cls-hooked's methods on AsyncLocalStorage: no `createHook`, and nothing is active outside a run. cls-hooked 4.2.2
 * itself slows every promise of the process and shows a request the values of another one.
 */
export class Namespace {
  readonly name: string
  readonly #storage = new AsyncLocalStorage<Frame>()
  readonly #boundEmitters = new WeakSet<object>()

  constructor(name: string) {
    this.name = name
  }

  /** The values of the current run, or null outside one. */
  get active(): Context | null {
    return this.#storage.getStore()?.context ?? null
  }

  /** Returns the value that the current run, or one around it, has under a key; undefined outside any run. */
  get(key: string): unknown {
    return this.active?.[key]
  }

  /** @throws {Error} outside any run */
  set<T>(key: string, value: T): T {
    const { active } = this
    if (active === null) throw new Error("No context available. ns.run() or ns.bind() must be called first.")
    active[key] = value
    return value
  }

  createContext(): Context {
    return Object.create(this.active) as Context
  }

  /** Calls `run` in a context of its own, and returns that context. */
  run(run: (context: Context) => unknown): Context {
    const context = this.createContext()
    this.#within(context, () => run(context))
    return context
  }

  /** Calls `run` in a context of its own, and returns what it returns. */
  runAndReturn<R>(run: (context: Context) => R): R {
    const context = this.createContext()
    return this.#within(context, () => run(context))
  }

  /** Like `runAndReturn`, for a function that returns a promise. An error that it rejects with remembers the context. */
  runPromise<R>(run: (context: Context) => Promise<R>): Promise<R> {
    const context = this.createContext()
    return this.#within(context, () => {
      const promise = run(context)
      if (typeof (promise as Promise<R> | undefined)?.then !== "function") throw new Error("fn must return a promise.")
      return promise.catch((error: unknown) => {
        throw marked(error, context)
      })
    })
  }

  /** Returns a function that runs in the given context, or in the one that is active now. */
  bind<Args extends unknown[], R>(run: (...args: Args) => R, context?: Context): (...args: Args) => R {
    const bound = context ?? this.active ?? this.createContext()
    const within = <T>(call: () => T): T => this.#within(bound, call)
    return function (this: unknown, ...args: Args): R {
      return within(() => Reflect.apply(run, this, args))
    }
  }

  /**
   * Makes a context the active one for the rest of the current run. Outside a run it throws, where cls-hooked would make it active for
   * whatever comes next, other requests included.
   */
  enter(context: Context): void {
    const frame = this.#storage.getStore()
    if (frame === undefined) throw new Error("enter() works inside a run only. Use ns.run(), or ns.bind(fn, context).")
    frame.entered.push(frame.context)
    frame.context = context
  }

  /** @throws {Error} when the context was not entered in this run */
  exit(context: Context): void {
    const frame = this.#storage.getStore()
    if (frame === undefined || frame.context !== context || frame.entered.length === 0) {
      throw new Error("context not currently entered; can't exit.")
    }
    frame.context = frame.entered.pop()!
  }

  /** From now on a listener runs in the context in which it is added; one that is added outside a run stays as it is. */
  bindEmitter(emitter: EventEmitter): void {
    if (this.#boundEmitters.has(emitter)) return
    this.#boundEmitters.add(emitter)
    for (const method of ["on", "addListener", "prependListener"] as const) {
      const add = emitter[method].bind(emitter)
      emitter[method] = (event: string | symbol, listener: (...args: unknown[]) => void) =>
        add(event, this.active === null ? listener : this.#boundListener(listener))
    }
  }

  /** The context in which an error was thrown, if that was in a run of this namespace. */
  fromException(error: unknown): Context | undefined {
    return typeof error === "object" && error !== null ? (error as { [contextOf]?: Context })[contextOf] : undefined
  }

  #boundListener(listener: (...args: unknown[]) => void): (...args: unknown[]) => void {
    // Under this name, Node finds the original when it is to be removed.
    return Object.assign(this.bind(listener), { listener: (listener as { listener?: unknown }).listener ?? listener })
  }

  #within<R>(context: Context, call: () => R): R {
    return this.#storage.run({ context, entered: [] }, () => {
      try {
        return call()
      } catch (error) {
        throw marked(error, context)
      }
    })
  }
}

function marked(error: unknown, context: Context): unknown {
  if (typeof error === "object" && error !== null && Object.isExtensible(error)) {
    Object.defineProperty(error, contextOf, { value: context, configurable: true })
  }
  return error
}
