export interface Stats {
  readonly median: number
  /** The middle half of the values. */
  readonly quartiles: readonly [number, number]
  /** The 95 % confidence interval of the median, from order statistics. */
  readonly interval: readonly [number, number]
}

/**
 * Runs each contender once per sample, so what disturbs the machine disturbs them alike. Who goes first rotates, and the
 * direction alternates. The results of the warm-ups are dropped.
 */
export async function interleave<C, R>(
  contenders: readonly C[],
  run: (contender: C) => Promise<R>,
  { samples, warmUps }: { readonly samples: number; readonly warmUps: number },
): Promise<R[][]> {
  const results: R[][] = contenders.map(() => [])
  for (let round = 0; round < warmUps + samples; round++) {
    for (const index of inTurn(contenders.length, round)) {
      const result = await run(contenders[index]!)
      if (round >= warmUps) results[index]!.push(result)
    }
  }
  return results
}

export function ratios(values: readonly number[], baseline: readonly number[]): Stats {
  return statsOf(values.map((value, index) => value / baseline[index]!))
}

export function differences(values: readonly number[], baseline: readonly number[]): Stats {
  return statsOf(values.map((value, index) => value - baseline[index]!))
}

export function statsOf(values: readonly number[]): Stats {
  const sorted = values.toSorted((a, b) => a - b)
  const quantile = (share: number): number => {
    const position = share * (sorted.length - 1)
    const below = sorted[Math.floor(position)]!
    return below + (sorted[Math.ceil(position)]! - below) * (position % 1)
  }
  const margin = 0.98 / Math.sqrt(sorted.length)
  return {
    median: quantile(0.5),
    quartiles: [quantile(0.25), quantile(0.75)],
    interval: [quantile(Math.max(0, 0.5 - margin)), quantile(Math.min(1, 0.5 + margin))],
  }
}

function inTurn(count: number, round: number): number[] {
  const first = Math.floor(round / 2) % count
  const turns = Array.from({ length: count }, (_, index) => (index + first) % count)
  return round % 2 === 0 ? turns : turns.toReversed()
}
