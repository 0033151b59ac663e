import { callbackify } from "node:util"

/** Lets a function that returns a promise be called with a callback at the end, too, as `query` of `pg` 8 is. */
export function takingCallback(
  run: (args: readonly unknown[]) => Promise<unknown>,
): (...args: readonly unknown[]) => unknown {
  return (...args) => {
    const callback = args.at(-1)
    if (typeof callback !== "function") return run(args)
    callbackify(run)(args.slice(0, -1), callback as (error: Error | null, result: unknown) => void)
    return undefined
  }
}
