import { fork, type ChildProcess } from "node:child_process"
import { fileURLToPath } from "node:url"
import type { Answers } from "./answer-tasks.ts"

type TaskOf<All extends Answers, Kind extends keyof All> = { readonly kind: Kind } & (Parameters<All[Kind]> extends [
  infer Task,
]
  ? Task
  : object)
type ResultOf<All extends Answers, Kind extends keyof All> = Awaited<ReturnType<All[Kind]>>

/**
 * A process per contender, as an application is one: in a shared process they would share V8's type feedback, and the
 * one that ran first would be the fastest. Only one of them works at a time.
 */
export class Worker<All extends Answers, Name extends string = string> {
  readonly name: Name
  readonly #process: ChildProcess

  constructor(script: URL, name: Name, flags: readonly string[] = []) {
    this.name = name
    // The collector works on the main thread, so that its work is part of that thread's time.
    const execArgv = ["--expose-gc", "--single-threaded-gc", ...flags]
    this.#process = fork(fileURLToPath(script), { execArgv })
  }

  ask<Kind extends keyof All & string>(task: TaskOf<All, Kind>): Promise<ResultOf<All, Kind>> {
    return new Promise((resolve, reject) => {
      const exited = (code: number | null): void => reject(new Error(`The worker "${this.name}" ended with ${code}.`))
      this.#process.once("exit", exited)
      this.#process.once("message", (answer: { result?: ResultOf<All, Kind>; error?: string }) => {
        this.#process.off("exit", exited)
        if (answer.error === undefined) resolve(answer.result!)
        else reject(new Error(`The worker "${this.name}" failed: ${answer.error}`))
      })
      this.#process.send(task)
    })
  }

  async close(): Promise<void> {
    if (!this.#process.connected) return
    const exit = new Promise((resolve) => this.#process.once("exit", resolve))
    this.#process.disconnect()
    await exit
  }
}
