import { describe, expect, it } from "vitest"
import { TenantFailsafeError } from "../../src/index.ts"

describe("TenantFailsafeError", () => {
  it("carries code, message, frozen details and cause", () => {
    const cause = new Error("socket closed")
    const details = { call: "requireTenant()" }

    const error = new TenantFailsafeError("TENANT_MISSING", "No tenant.", details, { cause })

    expect(Object.entries(error)).toEqual([
      ["code", "TENANT_MISSING"],
      ["details", { call: "requireTenant()" }],
    ])
    expect(error.cause).toBe(cause)
    expect(String(error)).toBe("TenantFailsafeError: No tenant.")
    expect(Object.isFrozen(error.details)).toBe(true)
    expect(Object.isFrozen(details)).toBe(false)
  })

  it("has empty details and no cause when none are given", () => {
    const error = new TenantFailsafeError("TENANT_MISSING", "No tenant.")

    expect(error.details).toEqual({})
    expect(Object.hasOwn(error, "cause")).toBe(false)
  })

  it("is an Error with a stack that names the class", () => {
    const error = new TenantFailsafeError("TENANT_MISSING", "No tenant.")

    expect(error).toBeInstanceOf(Error)
    expect(error.stack).toMatch(/^(TenantFailsafeError|Error): No tenant\.\n/)
  })

  it.each([new Error("no"), { code: "TENANT_MISSING" }, null, undefined, "TENANT_MISSING"])(
    "does not claim %s as an instance",
    (value) => {
      expect(value instanceof TenantFailsafeError).toBe(false)
    },
  )

  it("lets a subclass claim its own errors only", () => {
    class HouseError extends TenantFailsafeError {}

    expect(new TenantFailsafeError("TENANT_MISSING", "No tenant.") instanceof HouseError).toBe(false)
    expect(new HouseError("TENANT_MISSING", "No tenant.") instanceof HouseError).toBe(true)
    expect(new HouseError("TENANT_MISSING", "No tenant.") instanceof TenantFailsafeError).toBe(true)
  })
})
