import { describe, expect, it } from "vitest"
import { Findings } from "../../src/core/findings.ts"
import { LeakLog } from "../../src/core/leak-log.ts"
import type { LeakReport } from "../../src/core/leak-report.ts"
import { readOptions, type FailsafeOptions } from "../../src/core/options.ts"
import { WriteCheck, type WriteTarget } from "../../src/core/write-check.ts"
import { TenantFailsafeError } from "../../src/index.ts"

const addresses: WriteTarget = { findings: findingsOf("Address", null) }
const products: WriteTarget = { findings: findingsOf("Product", null), isClaimable: true }
const tags: WriteTarget = { findings: findingsOf("Customer", "tags", "Tag") }

function findingsOf(owner: string, relation: string | null, child = owner): Findings {
  return new Findings({ orm: "typeorm", owner, relation, child, column: "merchantId" })
}

/** What a check of merchant 1's writes ends with: the code of its refusal, and its records. */
function outcomeOf(write: (check: WriteCheck) => void, modes: Partial<FailsafeOptions> = {}) {
  const log = new LeakLog()
  const { policy } = readOptions({ tenantProperty: "merchantId", ...modes })
  const check = new WriteCheck(policy, new Set(["1", "acme"]), log)
  let code = "done"
  try {
    write(check)
    check.close()
  } catch (error) {
    if (!(error instanceof TenantFailsafeError)) throw error
    code = error.code
  }
  const reports: LeakReport[] = []
  log.publish([(report) => reports.push(report)])
  const records = reports.map(
    ({ owner, relation, strategy, rows }) => `${owner} ${relation ?? "-"} ${strategy} ${rows}`,
  )
  return { code, records }
}

const nothing = { code: "done", records: [] }

describe("a new row", () => {
  it.each([1, "1", 1n, "acme"])("of the own tenant %o is no fault", (tenant) => {
    expect(outcomeOf((check) => check.insert(addresses, tenant, "insert"))).toEqual(nothing)
  })

  it.each([2, "2", "ACME"])("of another tenant %o is refused", (tenant) => {
    expect(outcomeOf((check) => check.insert(addresses, tenant, "insert"))).toEqual({
      code: "WRITE_FOREIGN",
      records: ["Address - insert 1"],
    })
  })

  it.each([undefined, null])("without a tenant (%o) must name one", (tenant) => {
    expect(outcomeOf((check) => check.insert(addresses, tenant, "insert"))).toEqual({
      code: "TENANT_AMBIGUOUS",
      records: ["Address - insert 1"],
    })
  })

  it("whose tenant is nothing that names one is unknown", () => {
    expect(outcomeOf((check) => check.insert(addresses, 2 ** 60, "upsert"))).toEqual({
      code: "TENANT_UNKNOWN",
      records: ["Address - upsert 1"],
    })
  })
})

describe("a stored row", () => {
  it.each([1, null])("that is own or shared (tenant %o) may be written", (tenant) => {
    expect(outcomeOf((check) => check.stored(addresses, tenant, "delete"))).toEqual(nothing)
  })

  it.each([
    [2, "WRITE_FOREIGN"],
    [undefined, "TENANT_UNKNOWN"],
    [2 ** 60, "TENANT_UNKNOWN"],
  ])("whose tenant is %o is refused with %s", (tenant, code) => {
    expect(outcomeOf((check) => check.stored(tags, tenant, "unlink"))).toEqual({
      code,
      records: ["Customer tags unlink 1"],
    })
  })
})

describe("a stored row that gets a tenant", () => {
  it.each([
    [1, "1"],
    [null, null],
    ["6F1C2D0A-94BE-4C11-8F6A-0A4F5A9D7B01", "6f1c2d0a-94be-4c11-8f6a-0a4f5a9d7b01"],
  ])("may get what it has, in any notation: %o -> %o", (stored, tenant) => {
    expect(outcomeOf((check) => check.changed(addresses, stored, tenant))).toEqual(nothing)
  })

  it.each([
    ["another tenant", addresses, 1, 2],
    ["none", addresses, 1, null],
    ["the own one, of a shared row", addresses, null, 1],
    ["another one, of a shared row that may be claimed", products, null, 2],
    ["nothing that names one", products, null, undefined],
  ])("may not get %s", (_, target, stored, tenant) => {
    expect(outcomeOf((check) => check.changed(target, stored, tenant)).code).toBe("TENANT_IMMUTABLE")
  })

  it("may become own where shared rows may be claimed", () => {
    expect(outcomeOf((check) => check.changed(products, null, 1))).toEqual(nothing)
  })
})

describe("foreign rows that hang on what is deleted", () => {
  const counts = new Map([
    [findingsOf("Note", "customer"), 3],
    [findingsOf("Parcel", "address"), 1],
  ])

  it("are a record for each relation, and refused", () => {
    expect(outcomeOf((check) => check.hanging(addresses, counts))).toEqual({
      code: "WRITE_FOREIGN",
      records: ["Note customer delete 3", "Parcel address delete 1"],
    })
  })

  it("are reported alone with writes: 'report'", () => {
    expect(outcomeOf((check) => check.hanging(addresses, counts), { writes: "report" }).code).toBe("done")
  })

  it("are no fault where there are none", () => {
    expect(outcomeOf((check) => check.hanging(addresses, new Map()))).toEqual(nothing)
  })
})

describe("rows that may hang on what is deleted, and that row security does not show", () => {
  it("are refused, and one record of what is deleted", () => {
    expect(outcomeOf((check) => check.hangingUnseen(addresses, [addresses.findings], 2))).toEqual({
      code: "WRITE_FOREIGN",
      records: ["Address - delete 2"],
    })
  })

  it("are reported alone with writes: 'report'", () => {
    const outcome = outcomeOf((check) => check.hangingUnseen(addresses, [addresses.findings], 2), { writes: "report" })

    expect(outcome.code).toBe("done")
  })

  it("are no fault where nothing can hang", () => {
    expect(outcomeOf((check) => check.hangingUnseen(addresses, [], 2))).toEqual(nothing)
  })
})

describe("a whole flush", () => {
  it("is one record for each place, operation and fault, with the rows added up", () => {
    const { records } = outcomeOf((check) => {
      for (const tenant of [2, 3, 1, 2]) check.stored(addresses, tenant, "update")
      check.stored(tags, 2, "link")
      check.fault(products, "truncate", "foreign")
      check.fault(tags, "link", "foreign", 4)
    })

    expect(records).toEqual(["Address - update 3", "Customer tags link 5", "Product - truncate 1"])
  })

  it("is a record for each operation on the rows of one entity", () => {
    const { records } = outcomeOf((check) => {
      check.stored(addresses, 2, "update")
      check.stored(addresses, 2, "delete")
    })

    expect(records).toEqual(["Address - update 1", "Address - delete 1"])
  })

  it("is refused for what was found first", () => {
    const { code } = outcomeOf((check) => {
      check.changed(addresses, 1, 2)
      check.stored(addresses, 2, "update")
    })

    expect(code).toBe("TENANT_IMMUTABLE")
  })

  it("is told by records alone with writes: 'report'", () => {
    expect(outcomeOf((check) => check.stored(addresses, 2, "update"), { writes: "report" })).toEqual({
      code: "done",
      records: ["Address - update 1"],
    })
  })

  it("passes without a record where nothing was found", () => {
    expect(outcomeOf(() => {})).toEqual(nothing)
  })

  it("throws nothing before it is closed, so that all of it is told", () => {
    const log = new LeakLog()
    const check = new WriteCheck(readOptions({ tenantProperty: "a" }).policy, new Set(["1"]), log)

    expect(() => check.stored(addresses, 2, "update")).not.toThrow()
  })
})
