import { describe, expect, it } from "vitest"
import { readOptions, sameSettings, type FailsafeOptions } from "../../src/core/options.ts"
import { refusalOf } from "./support/refusal.ts"

describe("readOptions", () => {
  it("fills in the defaults", () => {
    expect(readOptions({ tenantProperty: "merchantId" })).toEqual({
      tenantProperties: ["merchantId"],
      entities: {},
      unfiltered: {},
      policy: { onLeak: "drop", noTenant: "throw", onUnknown: "keep", references: "report", roots: "report" },
    })
  })

  it("keeps what was given", () => {
    const options: FailsafeOptions = {
      tenantProperty: ["merchantId", "scope.merchantId"],
      entities: { Enrolment: "student.school", Country: false },
      unfiltered: { "Customer.auditLog": "support staff reads all of it" },
      onLeak: "throw",
      noTenant: "allow",
      onUnknown: "drop",
      references: "throw",
      roots: "ignore",
    }

    const { tenantProperty, entities, unfiltered, ...policy } = options
    expect(readOptions(options)).toEqual({ tenantProperties: tenantProperty, entities, unfiltered, policy })
  })

  it("freezes all of it, and none of what was given", () => {
    const options = { tenantProperty: ["merchantId"], entities: { A: false as const }, unfiltered: { "A.b": "reason" } }

    const settings = readOptions(options)

    const parts = [settings, settings.tenantProperties, settings.entities, settings.unfiltered, settings.policy]
    expect(parts.map((part) => Object.isFrozen(part))).toEqual([true, true, true, true, true])
    expect(Object.isFrozen(options.tenantProperty) || Object.isFrozen(options.entities)).toBe(false)
  })

  it("does not follow later changes of the options", () => {
    const options = {
      tenantProperty: ["merchantId"],
      entities: { A: false as const } as Record<string, string | false>,
    }
    const settings = readOptions(options)

    options.tenantProperty.push("other")
    options.entities["B"] = false

    expect(settings.tenantProperties).toEqual(["merchantId"])
    expect(settings.entities).toEqual({ A: false })
  })

  it("takes each name of a list once", () => {
    expect(readOptions({ tenantProperty: ["a", "b", "a"] }).tenantProperties).toEqual(["a", "b"])
  })

  it("treats an option that is undefined as one that is absent", () => {
    const options = { tenantProperty: "a", onLeak: undefined, entities: undefined } as unknown as FailsafeOptions

    expect(sameSettings(readOptions(options), readOptions({ tenantProperty: "a" }))).toBe(true)
  })

  it("names no property of an object's prototype as an option", () => {
    expect(
      refusalOf(() => readOptions({ tenantProperty: "a", constructor: 1 } as unknown as FailsafeOptions)).message,
    ).toBe("'constructor' is no option.")
  })
})

describe("sameSettings", () => {
  it("holds for a name and a list of that one name", () => {
    expect(sameSettings(readOptions({ tenantProperty: "a" }), readOptions({ tenantProperty: ["a"] }))).toBe(true)
  })

  it("holds for a default that is spelt out", () => {
    expect(
      sameSettings(readOptions({ tenantProperty: "a" }), readOptions({ tenantProperty: "a", roots: "report" })),
    ).toBe(true)
  })

  it.each<[string, Partial<FailsafeOptions>]>([
    ["another property", { tenantProperty: "b" }],
    ["another mode", { onLeak: "throw" }],
    ["another entity", { entities: { A: false } }],
    ["another reason", { unfiltered: { "A.b": "reason" } }],
  ])("does not hold for %s", (_, options) => {
    expect(sameSettings(readOptions({ tenantProperty: "a" }), readOptions({ tenantProperty: "a", ...options }))).toBe(
      false,
    )
  })
})
