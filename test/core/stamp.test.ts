import { describe, expect, it } from "vitest"
import { stampOf, type TenantType } from "../../src/core/stamp.ts"
import type { TenantId } from "../../src/index.ts"

const uuid = "0b8f6c1e-5d3a-4e57-9a0c-1f2e3d4c5b6a"

describe("stampOf", () => {
  it.each<readonly [tenant: TenantId, type: TenantType, stamp: TenantId]>([
    [7, "number", 7],
    ["7", "number", 7],
    [7n, "number", 7],
    ["-7", "number", -7],
    ["0", "number", 0],
    [7, "string", "7"],
    [7n, "string", "7"],
    [uuid.toUpperCase(), "string", uuid.toUpperCase()],
    [7, "bigint", 7n],
    ["9007199254740993", "bigint", 9_007_199_254_740_993n],
    [7, undefined, 7],
    ["7", undefined, "7"],
    [7n, undefined, 7n],
  ])("writes tenant %o into a column of type %s as %o", (tenant, type, stamp) => {
    expect(stampOf({ kind: "tenant", tenant }, type)).toBe(stamp)
  })

  // Another notation would be another tenant; the database says what it thinks of it.
  it.each<readonly [tenant: TenantId, type: TenantType]>([
    ["acme", "number"],
    ["007", "number"],
    ["1e3", "number"],
    [" 7 ", "number"],
    ["9007199254740993", "number"],
    [9_007_199_254_740_993n, "number"],
    ["acme", "bigint"],
    ["007", "bigint"],
    ["", "bigint"],
  ])("leaves tenant %o as it is where a column of type %s cannot hold it", (tenant, type) => {
    expect(stampOf({ kind: "tenant", tenant }, type)).toBe(tenant)
  })

  it("has none in a scope of several tenants, and none in withoutTenant", () => {
    const scopes = [
      { kind: "tenants", tenants: [1, 2], reason: "group report" },
      { kind: "bypass", reason: "support desk" },
    ] as const

    expect(scopes.map((scope) => stampOf(scope, "number"))).toEqual([undefined, undefined])
  })
})
