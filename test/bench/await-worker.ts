import type { RequestListener } from "node:http"
import { answerTasks } from "./answer-tasks.ts"
import { awaitsPerRequest, contexts, type ContextName } from "./await-ways.ts"
import { serverAnswers } from "./server-answers.ts"

let runIn: Awaited<ReturnType<(typeof contexts)[ContextName]>>

const settled = Promise.resolve()

/** A handler that awaits as often as one that asks an ORM a few times, and asks for no context. */
const listener: RequestListener = async (_, response) => {
  for (let step = 0; step < awaitsPerRequest; step++) await settled
  response.writeHead(200, { "content-type": "application/json" }).end('{"hello":"world"}')
}

const answers = {
  ...serverAnswers(() => listener),

  async open({ name }: { readonly name: ContextName }): Promise<void> {
    runIn = await contexts[name]()
  },

  /** Nanoseconds of the main thread per await, inside one run. */
  async awaits({ count }: { readonly count: number }): Promise<number> {
    globalThis.gc!()
    return runIn(async () => {
      const start = process.threadCpuUsage()
      for (let step = 0; step < count; step++) await settled
      const { user, system } = process.threadCpuUsage(start)
      return ((user + system) * 1000) / count
    })
  },
}

export type AwaitAnswers = typeof answers

answerTasks(answers)
