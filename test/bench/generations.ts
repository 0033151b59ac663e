import { interleave } from "./measure.ts"

export interface Effort {
  readonly samples: number
  readonly warmUps: number
  /** How often the processes are started anew: one process may be fast or slow by chance throughout. */
  readonly generations: number
}

/** How the contenders of one comparison are opened, measured and closed. */
export interface Discipline<Name extends string, Contender, R> {
  readonly names: readonly Name[]
  open(name: Name): Promise<Contender>
  /** Proves that every contender does what its name promises, before they are measured. */
  prepare?(contenders: readonly Contender[]): Promise<void>
  run(contender: Contender): Promise<R>
  /** What a contender undoes before it is closed. */
  finish?(contender: Contender): Promise<void>
}

/** Measures contenders that take turns, and returns the results of each, paired by their position. */
export async function contend<Name extends string, Contender extends { close(): Promise<void> }, R>(
  { names, open, prepare, run, finish }: Discipline<Name, Contender, R>,
  { samples, warmUps, generations }: Effort,
): Promise<Map<Name, R[]>> {
  const results = new Map<Name, R[]>(names.map((name) => [name, []]))
  for (let generation = 0; generation < generations; generation++) {
    const contenders = await Promise.all(names.map((name) => open(name)))
    try {
      await prepare?.(contenders)
      const count = Math.ceil((samples - generation) / generations)
      const found = await interleave(contenders, run, { samples: count, warmUps })
      for (const [index, name] of names.entries()) results.get(name)!.push(...found[index]!)
      for (const contender of contenders) await finish?.(contender)
    } finally {
      await Promise.all(contenders.map((contender) => contender.close()))
    }
  }
  return results
}
