import type { RequestListener } from "node:http"
import { answerTasks } from "./answer-tasks.ts"
import { dispatch } from "./in-memory.ts"
import { apps, type Framework } from "./request-apps.ts"
import { applicationOf, headers, type RequestWayName } from "./request-ways.ts"
import { serverAnswers } from "./server-answers.ts"

let listener: RequestListener

const answers = {
  ...serverAnswers(() => listener),

  async open({ framework, name }: { readonly framework: Framework; readonly name: RequestWayName }): Promise<void> {
    listener = await apps[framework](applicationOf(name))
  },

  /** Microseconds of the main thread per call of the listener */
  async dispatch({ count }: { readonly count: number }): Promise<number> {
    globalThis.gc!()
    const start = process.threadCpuUsage()
    await dispatch(listener, headers, count)
    const { user, system } = process.threadCpuUsage(start)
    return (user + system) / count
  },
}

export type RequestAnswers = typeof answers

answerTasks(answers)
