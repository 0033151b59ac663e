// A setup file of the tests, also preloaded with --import: from here on the process has no async_hooks but AsyncLocalStorage, and of
// that no enterWith.
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
AsyncLocalStorage.prototype.enterWith = function enterWithForbidden(
  this: AsyncLocalStorage<unknown>,
  store: unknown,
): void {
  // Since Node 24, AsyncLocalStorage.run itself enters and leaves through this method.
  if (!isCalledByNode(enterWithForbidden)) throw new Error("forbidden: AsyncLocalStorage.enterWith")
  enterWith.call(this, store)
}

syncBuiltinESMExports()

/** Whether a function was called by Node's own code, whatever the tests have made of stack traces by now. */
function isCalledByNode(callee: (this: never, store: unknown) => void): boolean {
  const { stackTraceLimit, prepareStackTrace } = Error
  const here: { stack?: readonly NodeJS.CallSite[] } = {}
  Error.stackTraceLimit = 1
  Error.prepareStackTrace = (_, frames) => frames
  try {
    Error.captureStackTrace(here, callee)
    return here.stack?.[0]?.getFileName()?.startsWith("node:") === true
  } finally {
    Error.stackTraceLimit = stackTraceLimit
    Error.prepareStackTrace = prepareStackTrace
  }
}
