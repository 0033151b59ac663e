import { markup, name, type Html } from "./escape.ts"

const numbers = new Intl.NumberFormat("en-US")

/** A whole number with separators: `31,402`. */
export function count(value: number): string {
  return numbers.format(value)
}

/** A count with its noun, `1 file` and `3 files`; the plural is given where it is not the singular with an `s`. */
export function counted(value: number, noun: string, plural: string = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : plural}`
}

/** Bytes in the largest decimal unit that leaves a whole number: `57.2 MB`. */
export function size(bytes: number): string {
  const units = ["kB", "MB", "GB", "TB"]
  let value = bytes
  let unit: string | undefined
  while (value >= 1000 && units.length > 0) {
    value /= 1000
    unit = units.shift()
  }
  return unit === undefined ? counted(bytes, "byte") : `${value.toFixed(1)} ${unit}`
}

/** The milliseconds of an ISO 8601 time in UTC; `undefined` for anything else, also for what `Date.parse` would guess at. */
export function epochOf(time: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z$/.test(time)) return undefined
  const epoch = Date.parse(time)
  if (Number.isNaN(epoch)) return undefined
  // V8 takes February 31 for March 3.
  return dayOf(epoch) === time.slice(0, 10) ? epoch : undefined
}

/** `2026-11-22 20:14`, in UTC. */
export function minuteOf(epoch: number): string {
  return new Date(epoch).toISOString().slice(0, -8).replace("T", " ")
}

/** `2026-11-22`, in UTC. */
export function dayOf(epoch: number): string {
  return new Date(epoch).toISOString().slice(0, -14)
}

/** A time element that shows the minute and knows the rest; what is no time is shown as it is. */
export function moment(time: string): Html {
  const epoch = epochOf(time)
  return epoch === undefined ? name(time) : markup`<time datetime="${time}" title="${time}">${minuteOf(epoch)}</time>`
}
