import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { LeakReport } from "../../src/core/leak-report.ts"
import { Digest } from "../../src/sinks/digest.ts"
import { reportOf } from "./support/report.ts"

const caps = { fingerprints: 1000, firsts: 60 }
const at = (minute: number): Date => new Date(Date.UTC(2026, 10, 22, 10, minute))

describe("Digest", () => {
  it("passes the first of a finding on at once, as it is", () => {
    const report = reportOf()

    expect(new Digest(caps).add(report)).toBe(report)
  })

  it("holds back what follows, and sums it up once", () => {
    const digest = new Digest(caps)
    digest.add(reportOf({}, 2, at(0)))
    digest.add(reportOf({}, 3, at(1)))
    digest.add(reportOf({}, 1, at(2)))

    expect(digest.summarise()).toEqual([
      {
        ...reportOf(),
        kind: "summary",
        events: 2,
        loaded: 10,
        rows: 4,
        dropped: 4,
        maxDropped: 3,
        firstSeen: at(1).toISOString(),
        lastSeen: at(2).toISOString(),
      },
    ])
    expect(digest.summarise()).toEqual([])
  })

  it("tells apart what was dropped from what was found otherwise in the same place", () => {
    const digest = new Digest(caps)

    expect([digest.add(reportOf()), digest.add(reportOf({ what: "unknown" }))]).toEqual([
      expect.anything(),
      expect.anything(),
    ])
  })

  it("lets the first occurrences beyond the cap wait for the summary, as firsts", () => {
    const digest = new Digest({ fingerprints: 10, firsts: 1 })
    digest.add(reportOf({ relation: "first" }))

    const second = [1, 2, 3].map(() => digest.add(reportOf({ relation: "second" })))

    expect(second).toEqual([undefined, undefined, undefined])
    expect(digest.summarise()).toMatchObject([{ kind: "first", relation: "second", events: 3 }])
    expect(digest.add(reportOf({ relation: "third" }))).toBeDefined()
  })

  it("counts what is beyond the cap of fingerprints in one overflow record", () => {
    const digest = new Digest({ fingerprints: 1, firsts: 10 })
    digest.add(reportOf({ relation: "known" }))
    digest.add(reportOf({ relation: "second" }, 2, at(1)))
    digest.add(reportOf({ relation: "third" }, 3, at(2)))

    expect(digest.summarise()).toEqual([
      {
        event: "tenant_leak_overflow",
        v: 1,
        events: 2,
        rows: 5,
        dropped: 5,
        firstSeen: at(1).toISOString(),
        lastSeen: at(2).toISOString(),
      },
    ])
    expect(digest.summarise()).toEqual([])
  })

  it("makes two records of a million detections of one leak", () => {
    const digest = new Digest(caps)
    const report = reportOf()
    let atOnce = 0
    for (let index = 0; index < 1_000_000; index++) if (digest.add(report) !== undefined) atOnce++

    expect(atOnce).toBe(1)
    expect(digest.summarise()).toMatchObject([{ events: 999_999, dropped: 1_999_998 }])
  })

  it("writes records that add up to what was detected, whenever it sums up", () => {
    const seed = Number(process.env["TENANT_FAILSAFE_SEED"] ?? Math.trunc(Math.random() * 2 ** 31))
    const step = fc.oneof(
      { weight: 1, arbitrary: fc.constant("summarise" as const) },
      { weight: 6, arbitrary: fc.record({ relation: fc.constantFrom("a", "b", "c", "d"), rows: fc.nat(9) }) },
    )
    const property = fc.property(
      fc.array(step, { maxLength: 60 }),
      fc.record({ fingerprints: fc.integer({ min: 1, max: 4 }), firsts: fc.integer({ min: 1, max: 3 }) }),
      (steps, limits) => {
        const digest = new Digest(limits)
        const written: { events: number; rows: number; dropped: number }[] = []
        const detected: LeakReport[] = []
        for (const action of steps) {
          if (action === "summarise") {
            written.push(...digest.summarise())
            continue
          }
          const report = reportOf({ relation: action.relation }, action.rows)
          detected.push(report)
          const first = digest.add(report)
          if (first !== undefined) written.push(first)
        }
        written.push(...digest.summarise())
        const sum = (of: readonly { events: number; rows: number; dropped: number }[]) =>
          of.reduce(
            (total, { events, rows, dropped }) => [total[0]! + events, total[1]! + rows, total[2]! + dropped],
            [0, 0, 0],
          )
        expect(sum(written)).toEqual(sum(detected))
      },
    )
    console.log(`digest.test.ts: TENANT_FAILSAFE_SEED=${seed}`)
    fc.assert(property, { seed, numRuns: 500 })
  })
})
