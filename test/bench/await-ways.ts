import { AsyncLocalStorage } from "node:async_hooks"

/** The libraries whose context is compared: none, Node's own, and cls-hooked's interface with and without `createHook`. */
export const contextNames = ["bare", "AsyncLocalStorage", "tenant-failsafe/cls-hooked", "cls-hooked"] as const

export type ContextName = (typeof contextNames)[number]

/** As many as a handler that asks an ORM a few times. */
export const awaitsPerRequest = 100

/** Runs in a context of the library. */
type RunIn = <R>(run: () => Promise<R>) => Promise<R>

/** Each loads its library when it is opened, because cls-hooked hooks into a whole process, for ever. */
export const contexts: Readonly<Record<ContextName, () => Promise<RunIn>>> = {
  bare: async () => (run) => run(),

  async AsyncLocalStorage() {
    const storage = new AsyncLocalStorage()
    return (run) => storage.run({ merchant: 7 }, run)
  },

  async "tenant-failsafe/cls-hooked"() {
    const { createNamespace } = await import("../../src/cls-hooked/index.ts")
    const namespace = createNamespace("bench")
    return (run) =>
      namespace.runPromise(() => {
        namespace.set("merchant", 7)
        return run()
      })
  },

  async "cls-hooked"() {
    const { createNamespace } = await import("cls-hooked")
    const namespace = createNamespace("bench")
    return (run) =>
      namespace.runPromise(() => {
        namespace.set("merchant", 7)
        return run()
      })
  },
}
