import { fork, type ChildProcess } from "node:child_process"
import { fileURLToPath } from "node:url"
import type { WayConfig, WayName } from "./ways.ts"
import type { Loaded, Task, Time, Weight } from "./worker.ts"

interface Results {
  open: void
  prepare: Loaded
  time: Time
  weigh: Weight
  close: void
}

/**
 * A process per way to load, as an application is one: in a shared process the ORMs would share V8's type feedback, and the
 * one that ran first would be the fastest. Only one of them works at a time.
 */
export class Worker {
  readonly name: WayName
  readonly #process: ChildProcess

  private constructor(name: WayName) {
    this.name = name
    // The collector works on the main thread, so that its work is part of that thread's time.
    const execArgv = ["--expose-gc", "--single-threaded-gc"]
    this.#process = fork(fileURLToPath(new URL("worker.ts", import.meta.url)), { execArgv })
  }

  static async open(config: WayConfig): Promise<Worker> {
    const worker = new Worker(config.name)
    await worker.ask({ kind: "open", config })
    return worker
  }

  ask<Kind extends Task["kind"]>(task: Task & { kind: Kind }): Promise<Results[Kind]> {
    return new Promise((resolve, reject) => {
      const exited = (code: number | null): void => reject(new Error(`The worker "${this.name}" ended with ${code}.`))
      this.#process.once("exit", exited)
      this.#process.once("message", (answer: { result?: Results[Kind]; error?: string }) => {
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
