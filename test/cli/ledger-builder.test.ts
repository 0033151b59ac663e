import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { LedgerBuilder } from "../../src/cli/ledger-builder.ts"
import type { LeakRecord } from "../../src/core/leak-report.ts"
import { fingerprint, overflow, recordOf } from "./support/records.ts"
import { printedSeed } from "./support/seed.ts"

const input = { files: 1, bytes: 0, lines: 0, records: 0, unreadable: 0 }

function ledgerOf(records: readonly LeakRecord[]) {
  const builder = new LedgerBuilder()
  for (const record of records) builder.add(record)
  return builder.build(input)
}

const at = (hour: number, minute = 0): string => new Date(Date.UTC(2026, 10, 20, hour, minute)).toISOString()

describe("the ledger", () => {
  it("adds up the records of one finding, from all processes and releases", () => {
    const records = [
      recordOf({ firstSeen: at(10), lastSeen: at(10), release: "8", route: "/b" }),
      recordOf({
        kind: "summary",
        events: 5,
        loaded: 40,
        rows: 20,
        dropped: 19,
        maxDropped: 9,
        firstSeen: at(9),
        lastSeen: at(12, 30),
        release: "9",
        route: "/a",
        "code.line.number": 14,
        fix: "the newer fix",
      }),
      recordOf({ firstSeen: at(8), lastSeen: at(12, 10), release: "8", fix: "the older fix" }),
    ]

    expect(ledgerOf(records).entries).toEqual([
      {
        what: "dropped",
        fingerprint: "v1:09c0da4f603c5b17",
        orm: "mikro-orm",
        owner: "Customer",
        relation: "addresses",
        child: "Address",
        column: "merchantId",
        place: { file: "src/customers.ts", line: 14, function: "listCustomers" },
        fix: "the newer fix",
        events: 7,
        loaded: 54,
        rows: 28,
        dropped: 27,
        maxDropped: 9,
        firstSeen: at(8),
        lastSeen: at(12, 30),
        releases: ["8", "9"],
        routes: ["/a", "/b"],
        hours: [
          [at(10), 1],
          [at(12), 6],
        ],
      },
    ])
  })

  it("keeps apart what was found otherwise in the same place", () => {
    expect(ledgerOf([recordOf(), recordOf({ what: "unknown" })]).entries).toHaveLength(2)
  })

  it("lists the most frequent first", () => {
    const records = [
      recordOf({ fingerprint: fingerprint(2) }),
      recordOf({ fingerprint: fingerprint(1) }),
      recordOf({ events: 9 }),
    ]

    expect(ledgerOf(records).entries.map((entry) => entry.fingerprint)).toEqual([
      "v1:09c0da4f603c5b17",
      fingerprint(1),
      fingerprint(2),
    ])
  })

  it("counts what was not told apart, by the processes or by itself", () => {
    const many = Array.from({ length: 10_001 }, (_, index) => recordOf({ fingerprint: fingerprint(index) }))

    const { entries, overflow: counts } = ledgerOf([overflow, ...many])

    expect(entries).toHaveLength(10_000)
    expect(counts).toEqual({ events: 4, rows: 11, dropped: 10 })
  })

  it("tells apart the same findings in whatever order too many of them come", () => {
    // Twice as many as are kept, each twice: some of them are taken out before their second record comes.
    const many = Array.from({ length: 40_000 }, (_, index) =>
      recordOf({ fingerprint: fingerprint((index * 7919) % 20_000), events: 1 + (index % 3) }),
    )

    expect(ledgerOf(many.toReversed())).toEqual(ledgerOf(many))
  })

  it("loses no count of findings that it does not tell apart", () => {
    const many = Array.from({ length: 40_000 }, (_, index) =>
      recordOf({ fingerprint: fingerprint((index * 7919) % 20_000), rows: index }),
    )

    const { entries, overflow: counts } = ledgerOf(many)

    expect(entries.reduce((sum, entry) => sum + entry.rows, counts.rows)).toBe((40_000 * 39_999) / 2)
  })

  it.each([
    ["routes", 100, (index: number) => ({ route: `/${index}` })],
    ["releases", 100, (index: number) => ({ release: `${index}` })],
    ["hours", 9000, () => ({})],
  ] as const)("keeps the latest of very many %s, in whatever order they come", (name, kept, change) => {
    const many = Array.from({ length: 20_000 }, (_, index) => {
      const time = new Date(Date.UTC(2020, 0, 1, (index * 7919) % 20_000)).toISOString()
      return recordOf({ ...change((index * 7919) % 20_000), firstSeen: time, lastSeen: time })
    })

    expect(ledgerOf(many).entries[0]?.[name]).toHaveLength(kept)
    expect(ledgerOf(many.toReversed())).toEqual(ledgerOf(many))
  })

  it("adds up exactly, as far as numbers are exact, and stays there", () => {
    const large = Number.MAX_SAFE_INTEGER - 3

    const sums = [
      [large, 2],
      [large, 3],
      [large, 4, 5],
    ].map((rows) => ledgerOf(rows.map((count) => recordOf({ rows: count }))).entries[0]?.rows)

    expect(sums).toEqual([large + 2, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER])
  })

  it("keeps a fix that the latest record does not have", () => {
    const records = [recordOf({ fix: "await fix()" }), recordOf({ lastSeen: "2026-11-21T00:00:00.000Z" })]

    expect(ledgerOf(records).entries).toMatchObject([{ fix: "await fix()" }])
  })

  it("is the same in whatever order the records come", () => {
    const seed = printedSeed("ledger-builder.test.ts")
    const record = fc
      .record({
        number: fc.nat(3),
        what: fc.constantFrom("dropped" as const, "root" as const),
        events: fc.nat(100),
        dropped: fc.nat(100),
        hour: fc.nat(5),
        line: fc.integer({ min: 1, max: 3 }),
        release: fc.option(fc.constantFrom("1", "2"), { nil: undefined }),
      })
      .map(({ number, hour, line, release, ...change }) =>
        recordOf({
          ...change,
          fingerprint: fingerprint(number),
          firstSeen: at(hour),
          lastSeen: at(hour),
          "code.line.number": line,
          ...(release === undefined ? {} : { release }),
        }),
      )
    const property = fc.property(
      fc
        .array(record)
        .chain((records) =>
          fc.tuple(fc.constant(records), fc.shuffledSubarray(records, { minLength: records.length })),
        ),
      ([records, shuffled]) => {
        expect(ledgerOf(shuffled)).toEqual(ledgerOf(records))
      },
    )
    fc.assert(property, { seed, numRuns: 500 })
  })
})
