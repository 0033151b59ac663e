import { ratios, statsOf, type Stats } from "./measure.ts"

/** What one way takes, as a ratio of the one that it is compared with in the same interleaved run. */
export interface RatioRow {
  readonly label: string
  readonly baseline: number
  readonly unit: "ms" | "µs"
  readonly ratio: Stats
  /** The baseline once more: how much of a ratio is noise. */
  readonly control: Stats
  readonly target?: number | undefined
}

export function ratioRow(
  label: string,
  unit: RatioRow["unit"],
  [baseline, control, measured]: readonly [readonly number[], readonly number[], readonly number[]],
  target: number | undefined,
): RatioRow {
  return {
    label,
    unit,
    baseline: statsOf(baseline).median,
    ratio: ratios(measured, baseline),
    control: ratios(control, baseline),
    ...(target !== undefined && { target }),
  }
}
