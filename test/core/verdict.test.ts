import { describe, expect, it } from "vitest"
import { faultOfChange, type WriteFault } from "../../src/core/verdict.ts"

const uuid = "6f1c2d0a-94be-4c11-8f6a-0a4f5a9d7b01"

describe("faultOfChange", () => {
  it.each<readonly [stored: unknown, tenant: unknown]>([
    [1, 1],
    [1, "1"],
    ["1", 1n],
    [uuid, uuid.toUpperCase()],
    [null, null],
    // Neither tells a tenant: what is stored stays what it is.
    [undefined, undefined],
  ])("finds nothing wrong with the same tenant in another notation: %o -> %o", (stored, tenant) => {
    expect([faultOfChange(stored, tenant, false), faultOfChange(stored, tenant, true)]).toEqual([undefined, undefined])
  })

  it.each<readonly [stored: unknown, tenant: unknown, fault: WriteFault, asClaim: WriteFault | undefined]>([
    [1, 2, "moved", "moved"],
    [1, null, "moved", "moved"],
    [1, undefined, "moved", "moved"],
    ["acme", "ACME", "moved", "moved"],
    [undefined, 1, "moved", "moved"],
    [undefined, null, "moved", "moved"],
    [null, 2 ** 60, "moved", "moved"],
    [null, 1, "claimed", undefined],
    [null, "acme", "claimed", undefined],
  ])("%o -> %o is %s, and %s where shared rows may be claimed", (stored, tenant, fault, asClaim) => {
    expect([faultOfChange(stored, tenant, false), faultOfChange(stored, tenant, true)]).toEqual([fault, asClaim])
  })
})
