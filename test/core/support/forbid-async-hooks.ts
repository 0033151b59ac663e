// Preloaded with --import: from here on the process has no async_hooks but AsyncLocalStorage, and of that no enterWith.
import asyncHooks, { AsyncLocalStorage } from "node:async_hooks"
import { syncBuiltinESMExports } from "node:module"

const forbidden = ["createHook", "executionAsyncId", "executionAsyncResource", "triggerAsyncId"] as const

for (const name of forbidden) {
  Object.assign(asyncHooks, {
    [name]: () => {
      throw new Error(`forbidden: async_hooks.${name}`)
    },
  })
}

const enterWith = Object.getOwnPropertyDescriptor(AsyncLocalStorage.prototype, "enterWith")?.value as (
  store: unknown,
) => void
AsyncLocalStorage.prototype.enterWith = function (this: AsyncLocalStorage<unknown>, store: unknown): void {
  // Since Node 24, AsyncLocalStorage.run itself enters and leaves through this method.
  const caller = new Error("caller").stack?.split("\n")[2] ?? ""
  if (!/AsyncLocalStorage\.(run|exit) \(node:/.test(caller)) throw new Error("forbidden: AsyncLocalStorage.enterWith")
  enterWith.call(this, store)
}

syncBuiltinESMExports()
