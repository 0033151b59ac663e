import { describe, expect, it } from "vitest"
import { Findings } from "../../src/core/findings.ts"
import { LeakLog } from "../../src/core/leak-log.ts"
import type { LeakReport } from "../../src/core/leak-report.ts"
import { readOptions, type FailsafeOptions } from "../../src/core/options.ts"
import { currentContext } from "../../src/core/scope.ts"
import { writeScope, type WriteScope } from "../../src/core/write-scope.ts"
import { withoutTenant, withTenant, withTenants } from "../../src/index.ts"
import { refusalOf } from "./support/refusal.ts"

const addresses = new Findings({
  orm: "mikro-orm",
  owner: "Address",
  relation: null,
  child: "Address",
  column: "merchantId",
})

function scopeNow(modes: Partial<FailsafeOptions> = {}, log = new LeakLog()): WriteScope | undefined {
  const { policy } = readOptions({ tenantProperty: "merchantId", ...modes })
  return writeScope(policy, currentContext(), [{ findings: addresses }], log)
}

function noted(log: LeakLog): Partial<LeakReport>[] {
  const seen: LeakReport[] = []
  log.publish([(report) => seen.push(report)])
  return seen.map(({ what, owner, rows, strategy }) => ({
    what,
    owner,
    rows,
    ...(strategy === undefined ? {} : { strategy }),
  }))
}

describe("writeScope", () => {
  it("confines to the one tenant, in the notation in which ids are compared", () => {
    expect(withTenant(1n, () => scopeNow())).toMatchObject({
      scope: { kind: "tenant", tenant: 1n },
      owned: new Set(["1"]),
    })
  })

  it("confines to the tenants of a set", () => {
    const found = withTenants([1, "2"], "group report", () => scopeNow())

    expect([found?.scope.kind, [...(found?.owned ?? [])]]).toEqual(["tenants", ["1", "2"]])
  })

  it("confines nothing in withoutTenant", () => {
    expect(withoutTenant("support desk", () => scopeNow())).toBeUndefined()
  })

  it("confines nothing where the guard is switched off, not even outside any scope", () => {
    expect([scopeNow({ writes: "allow" }), withTenant(1, () => scopeNow({ writes: "allow" }))]).toEqual([
      undefined,
      undefined,
    ])
  })

  it.each(["throw", "report"] as const)("refuses outside any scope with writes: '%s'", (writes) => {
    const { code, message, details } = refusalOf(() => scopeNow({ writes }))

    expect([code, message.startsWith("Address was saved outside any tenant scope"), details["owner"]]).toEqual([
      "TENANT_MISSING",
      true,
      "Address",
    ])
  })

  it("notes what it refuses outside any scope", () => {
    const log = new LeakLog()

    refusalOf(() => scopeNow({}, log))

    expect(noted(log)).toEqual([{ what: "no-tenant", owner: "Address", rows: 0, strategy: "save" }])
  })

  it("notes it and confines nothing with noTenant: 'report'", () => {
    const log = new LeakLog()

    expect([scopeNow({ noTenant: "report" }, log), noted(log).length]).toEqual([undefined, 1])
  })

  it("neither notes nor confines anything with noTenant: 'allow'", () => {
    const log = new LeakLog()

    expect([scopeNow({ noTenant: "allow" }, log), log.isEmpty]).toEqual([undefined, true])
  })
})
