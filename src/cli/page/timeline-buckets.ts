import { dayOf, epochOf, minuteOf } from "./format.ts"

/** Equal stretches of time, without gaps, with the events in each. */
export interface Buckets {
  /** `hour`, `day`, or `26 days` where days would be too many. */
  readonly unit: string
  readonly slots: readonly Slot[]
  /** Events whose hour is no time. */
  readonly undated: number
}

/** One stretch of time. */
export interface Slot {
  /** `2026-11-22 20:00–21:00 UTC`, `2026-11-22`, or `2026-11-22 to 2026-12-17`. */
  readonly label: string
  readonly start: number
  readonly events: number
}

type Hours = readonly (readonly [hour: string, events: number])[]

const hour = 3_600_000
const day = 24 * hour
const hoursUpTo = 14 * day
const mostDays = 400

/** Adds the hours of all findings up: per hour, per day when the span is longer than two weeks, per several days beyond a year. */
export function bucketsOf(findings: readonly Hours[]): Buckets {
  const events = new Map<number, number>()
  let undated = 0
  let first = Infinity
  let last = -Infinity
  for (const [time, number] of findings.flat()) {
    const epoch = epochOf(time)
    if (epoch === undefined) {
      undated += number
      continue
    }
    events.set(epoch, (events.get(epoch) ?? 0) + number)
    first = Math.min(first, epoch)
    last = Math.max(last, epoch)
  }
  if (events.size === 0) return { unit: "hour", slots: [], undated }
  const step = stepFor(last - first)
  const start = floor(first, step === hour ? hour : day)
  const sums = Array.from({ length: Math.floor((last - start) / step) + 1 }, () => 0)
  for (const [epoch, number] of events) sums[Math.floor((epoch - start) / step)]! += number
  return {
    unit: step === hour ? "hour" : step === day ? "day" : `${step / day} days`,
    slots: sums.map((sum, index) => ({
      label: label(start + index * step, step),
      start: start + index * step,
      events: sum,
    })),
    undated,
  }
}

function stepFor(span: number): number {
  if (span <= hoursUpTo) return hour
  return day * Math.ceil(span / day / mostDays)
}

function floor(epoch: number, step: number): number {
  return Math.floor(epoch / step) * step
}

function label(start: number, step: number): string {
  if (step === hour) return `${minuteOf(start)}–${minuteOf(start + hour).slice(-5)} UTC`
  return step === day ? dayOf(start) : `${dayOf(start)} to ${dayOf(start + step - day)}`
}
