import { contextNames, type ContextName } from "./await-ways.ts"
import type { AwaitAnswers } from "./await-worker.ts"
import { Worker } from "./crew.ts"
import { contend, type Effort } from "./generations.ts"
import { ratios, statsOf, type Stats } from "./measure.ts"
import { openServer, steadyFlags, type Contender } from "./served.ts"

export const awaitCases = [
  { label: "await in a run", unit: "ns", open: openLoop },
  { label: "await http, idle namespace", unit: "µs", open: (worker: AwaitWorker) => openServer(worker, {}) },
] as const

export type AwaitCase = (typeof awaitCases)[number]

/** CPU time per await, or per request of a server that has a context and enters none. */
export interface AwaitRow {
  readonly label: string
  readonly unit: string
  readonly contexts: Readonly<Record<ContextName, { readonly time: Stats; readonly ratio: Stats }>>
}

const awaitsPerSample = 500_000

export function awaitCasesWith(only: string): AwaitCase[] {
  return awaitCases.filter(({ label }) => label.includes(only))
}

export async function timeAwaits(
  { label, unit, open }: AwaitCase,
  against: "guarded" | "vanilla",
  effort: Effort,
): Promise<AwaitRow> {
  const times = await contend<ContextName, Contender, number>(
    {
      names: contextNames,
      async open(name) {
        const worker: AwaitWorker = new Worker(new URL("await-worker.ts", import.meta.url), name, steadyFlags)
        await worker.ask({ kind: "open", name: against === "guarded" ? name : "bare" })
        return open(worker)
      },
      run: (contender) => contender.measure(),
    },
    effort,
  )
  const statsFor = (name: ContextName) => ({
    time: statsOf(times.get(name)!),
    ratio: ratios(times.get(name)!, times.get("bare")!),
  })
  return {
    label,
    unit,
    contexts: Object.fromEntries(contextNames.map((name) => [name, statsFor(name)])) as AwaitRow["contexts"],
  }
}

type AwaitWorker = Worker<AwaitAnswers>

async function openLoop(worker: AwaitWorker): Promise<Contender> {
  return {
    measure: () => worker.ask({ kind: "awaits", count: awaitsPerSample }),
    close: () => worker.close(),
  }
}
