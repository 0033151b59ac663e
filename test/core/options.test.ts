import { describe, expect, it } from "vitest"
import { readOptions, sameSettings, type FailsafeOptions } from "../../src/core/options.ts"
import { refusalOf } from "./support/refusal.ts"

describe("readOptions", () => {
  it("fills in the defaults", () => {
    expect(readOptions({ tenantProperty: "merchantId" })).toEqual({
      tenantProperties: ["merchantId"],
      entities: {},
      unfiltered: {},
      claimable: [],
      policy: {
        onLeak: "drop",
        noTenant: "throw",
        onUnknown: "keep",
        references: "report",
        roots: "report",
        writes: "throw",
      },
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
      writes: "report",
      claimable: ["Product"],
    }

    const { tenantProperty, entities, unfiltered, claimable, ...policy } = options
    expect(readOptions(options)).toEqual({ tenantProperties: tenantProperty, entities, unfiltered, claimable, policy })
  })

  it("freezes all of it, and none of what was given", () => {
    const options = { tenantProperty: ["merchantId"], entities: { A: false as const }, unfiltered: { "A.b": "reason" } }

    const settings = readOptions(options)

    const { tenantProperties, entities, unfiltered, claimable, policy } = settings
    const parts = [settings, tenantProperties, entities, unfiltered, claimable, policy]
    expect(parts.map((part) => Object.isFrozen(part))).toEqual(parts.map(() => true))
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
    const { tenantProperties, claimable } = readOptions({ tenantProperty: ["a", "b", "a"], claimable: ["A", "B", "A"] })

    expect([tenantProperties, claimable]).toEqual([
      ["a", "b"],
      ["A", "B"],
    ])
  })

  it.each<[unknown, string]>([
    ["Product", "'Product'"],
    [[1], "a list with something else in it"],
    [{ Product: true }, "object"],
    [null, "null"],
  ])("refuses claimable: %j", (claimable, given) => {
    const options = { tenantProperty: "a", claimable } as unknown as FailsafeOptions

    expect(refusalOf(() => readOptions(options))).toEqual({
      code: "OPTION_INVALID",
      message: `claimable must be a list of entity names, such as ['Product'], not ${given}.`,
      details: { option: "claimable" },
    })
  })

  it("refuses a mode of writes that it does not know, and guesses", () => {
    const options = { tenantProperty: "a", writes: "thorw" } as unknown as FailsafeOptions

    expect(refusalOf(() => readOptions(options)).message).toBe(
      "writes must be one of 'throw', 'report', 'allow', not 'thorw'. Did you mean 'throw'?",
    )
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
    ["another mode of writes", { writes: "report" }],
    ["another claimable entity", { claimable: ["A"] }],
  ])("does not hold for %s", (_, options) => {
    expect(sameSettings(readOptions({ tenantProperty: "a" }), readOptions({ tenantProperty: "a", ...options }))).toBe(
      false,
    )
  })
})
