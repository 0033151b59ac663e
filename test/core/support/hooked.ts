import { AsyncLocalStorage, createHook, executionAsyncId } from "node:async_hooks"

/** What the package must not do, as a module of it would do it. */
export const hooked = {
  createHook: () => createHook({}).enable(),
  executionAsyncId: () => executionAsyncId(),
  enterWith: () => new AsyncLocalStorage().enterWith("acme"),
  "enterWith inside a run": () => new AsyncLocalStorage().run("acme", enterAnother),
}

function enterAnother(): void {
  new AsyncLocalStorage().enterWith("globex")
}
