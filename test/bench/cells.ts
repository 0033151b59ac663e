import type { Stats } from "./measure.ts"

/** A ratio with half of its median's 95 % interval. */
export function ratio(stats: Stats): string {
  return withInterval(stats, 3)
}

export function withInterval({ median, interval }: Stats, digits: number): string {
  return `${median.toFixed(digits)} ±${((interval[1] - interval[0]) / 2).toFixed(digits)}`
}

export function fixed(value: number): string {
  return value.toFixed(2)
}

export function mark(passed: boolean): string {
  return passed ? "pass" : "MISS"
}
