import { describe, expect, it } from "vitest"
import type { CallSite } from "../../src/core/call-site.ts"
import { leakReport, type Finding, type LeakReport } from "../../src/core/leak-report.ts"

const finding: Finding = {
  what: "dropped",
  orm: "mikro-orm",
  owner: "Customer",
  relation: "addresses",
  child: "Address",
  column: "merchantId",
}
const site: CallSite = { file: "src/customers.ts", line: 12, function: "listCustomers" }
const now = new Date("2026-11-22T10:20:30.400Z")

function report(change: Partial<Finding> = {}, at: CallSite | undefined = site): LeakReport {
  return leakReport({ ...finding, ...change }, { loaded: 9, rows: 4, strategy: "joined" }, 4, at, now)
}

describe("leakReport", () => {
  it("is the whole record of one load", () => {
    expect(report()).toStrictEqual({
      event: "tenant_leak",
      v: 1,
      kind: "first",
      what: "dropped",
      orm: "mikro-orm",
      owner: "Customer",
      relation: "addresses",
      child: "Address",
      column: "merchantId",
      fingerprint: "v1:b031d3ef80a10e9f",
      loaded: 9,
      rows: 4,
      dropped: 4,
      events: 1,
      maxDropped: 4,
      firstSeen: "2026-11-22T10:20:30.400Z",
      lastSeen: "2026-11-22T10:20:30.400Z",
      strategy: "joined",
      "code.file.path": "src/customers.ts",
      "code.line.number": 12,
      "code.function.name": "listCustomers",
    })
  })

  it("leaves out what is not known", () => {
    const names = Object.keys(leakReport(finding, { loaded: 1, rows: 1 }, 0, undefined, now))

    expect(names.filter((name) => name.startsWith("code.") || name === "strategy")).toEqual([])
    expect(Object.keys(report({}, { ...site, function: undefined }))).not.toContain("code.function.name")
  })

  it("is frozen, and survives JSON as it is", () => {
    expect(Object.isFrozen(report())).toBe(true)
    expect(JSON.parse(JSON.stringify(report()))).toStrictEqual(report())
  })
})

describe("the fingerprint", () => {
  const base = report().fingerprint

  it("has a version and 16 hex digits", () => {
    expect(base).toMatch(/^v1:[\da-f]{16}$/)
  })

  // Ledgers and baselines keep fingerprints: one that changes between releases would make every known leak a new one.
  it("is the same in every release", () => {
    expect(leakReport(finding, { loaded: 1, rows: 1 }, 0, undefined, now).fingerprint).toBe("v1:3de61eec0a39d87c")
    expect(report({ relation: null, owner: "Address" }).fingerprint).toBe("v1:77f37e53e27731fe")
  })

  it("does not depend on the line, the counts, the time, the strategy or what was done", () => {
    const moved = report({ what: "kept" }, { ...site, line: 99 })
    const later = leakReport(finding, { loaded: 1, rows: 1 }, 1, site, new Date(0))

    expect([moved.fingerprint, later.fingerprint]).toEqual([base, base])
  })

  it.each<[string, Partial<Finding>, Partial<CallSite>]>([
    ["ORM", { orm: "typeorm" }, {}],
    ["owner", { owner: "Client" }, {}],
    ["relation", { relation: "homes" }, {}],
    ["child", { child: "Home" }, {}],
    ["column", { column: "shopId" }, {}],
    ["file", {}, { file: "src/other.ts" }],
    ["function", {}, { function: "other" }],
  ])("depends on the %s", (_, change, at) => {
    expect(report(change, { ...site, ...at }).fingerprint).not.toBe(base)
  })

  it("does not take parts for one another", () => {
    expect(report({ owner: "A", relation: "BC" }).fingerprint).not.toBe(
      report({ owner: "AB", relation: "C" }).fingerprint,
    )
  })
})
