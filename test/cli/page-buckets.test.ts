import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { bucketsOf } from "../../src/cli/page/timeline-buckets.ts"

const seed = Number(process.env["TENANT_FAILSAFE_SEED"] ?? Math.trunc(Math.random() * 2 ** 31))
console.log(`page-buckets.test.ts: TENANT_FAILSAFE_SEED=${seed}`)

const hour = 3_600_000
const start = Date.UTC(2026, 10, 20)

function at(hours: number): string {
  return new Date(start + hours * hour).toISOString()
}

describe("the buckets of the timeline", () => {
  it("add up findings per hour, and show the hours in which nothing was found", () => {
    const { unit, slots } = bucketsOf([
      [
        [at(0), 3],
        [at(2), 1],
      ],
      [[at(2), 4]],
    ])

    expect(unit).toBe("hour")
    expect(slots.map(({ label, events }) => [label, events])).toEqual([
      ["2026-11-20 00:00–01:00 UTC", 3],
      ["2026-11-20 01:00–02:00 UTC", 0],
      ["2026-11-20 02:00–03:00 UTC", 5],
    ])
  })

  it("are hours for two weeks, and days for an hour more", () => {
    const days = 14 * 24

    expect(
      bucketsOf([
        [
          [at(0), 1],
          [at(days), 1],
        ],
      ]),
    ).toMatchObject({ unit: "hour", slots: { length: days + 1 } })
    expect(
      bucketsOf([
        [
          [at(0), 1],
          [at(days + 1), 1],
        ],
      ]),
    ).toMatchObject({ unit: "day", slots: { length: 15 } })
  })

  it("are several days where days would be too many", () => {
    const { unit, slots } = bucketsOf([
      [
        [at(0), 1],
        [at(801 * 24), 2],
      ],
    ])

    expect(unit).toBe("3 days")
    expect(slots.at(-1)).toMatchObject({ label: "2029-01-29 to 2029-01-31", events: 2 })
  })

  it("count what has no time apart", () => {
    expect(
      bucketsOf([
        [
          ["yesterday", 3],
          ["2026-02-31T00:00:00.000Z", 1],
          ["1", 2],
        ],
      ]),
    ).toEqual({ unit: "hour", slots: [], undated: 6 })
  })

  it("lose and invent no event, whatever the hours are, and stay few enough to draw", () => {
    const anyHour = fc
      .date({ min: new Date("0001-01-01T00:00:00Z"), max: new Date("9999-12-31T23:00:00Z"), noInvalidDate: true })
      .map((date) => date.toISOString())
    const anyTime = fc.oneof(anyHour, fc.string(), fc.nat(2000).map(at))
    const anyHours = fc.array(fc.array(fc.tuple(anyTime, fc.nat(1000)), { maxLength: 20 }), { maxLength: 5 })

    const everyCase = fc.property(anyHours, (findings) => {
      const { slots, undated } = bucketsOf(findings)
      const sum = slots.reduce((before, slot) => before + slot.events, undated)
      expect(sum).toBe(findings.flat().reduce((before, [, events]) => before + events, 0))
      expect(slots.length).toBeLessThanOrEqual(402)
    })

    expect(() => fc.assert(everyCase, { seed, numRuns: 500 })).not.toThrow()
  })
})
