import { describe, expect, it } from "vitest"
import { withFailsafe, type FailsafeOptions } from "../../src/mikro-orm/index.ts"
import { refusalOf, type Refusal } from "../core/support/refusal.ts"

/** The refusal of options that are wrong whatever the entities are. */
function refusalOfOptions(options: object): Refusal {
  return refusalOf(() => withFailsafe({}, options as FailsafeOptions))
}

const tenantProperty = "school"

describe("withFailsafe", () => {
  it.each<[string, unknown, string, object]>([
    ["no options", undefined, "The options are missing. Pass at least { tenantProperty: 'merchantId' }.", {}],
    ["null", null, "The options are missing. Pass at least { tenantProperty: 'merchantId' }.", {}],
    [
      "an option that is near another",
      { tenantProperty, onleak: "drop" },
      "'onleak' is no option. Did you mean 'onLeak'?",
      { option: "onleak" },
    ],
    ["an option that nobody knows", { tenantProperty, colour: "red" }, "'colour' is no option.", { option: "colour" }],
  ])("refuses %s", (_, options, message, details) => {
    expect(refusalOfOptions(options as object)).toEqual({ code: "OPTION_INVALID", message, details })
  })

  it.each<[string, unknown, string]>([
    ["nothing", {}, "undefined"],
    ["an empty string", { tenantProperty: "" }, "''"],
    ["an empty list", { tenantProperty: [] }, "an empty list"],
    ["a list with an empty name", { tenantProperty: ["merchantId", ""] }, "a list with something else in it"],
    ["a number", { tenantProperty: 7 }, "number"],
    ["null", { tenantProperty: null }, "null"],
    ["a path with a hole", { tenantProperty: "student..school" }, "'student..school'"],
    ["a name with blanks", { tenantProperty: "merchant id" }, "'merchant id'"],
  ])("refuses %s as tenantProperty", (_, options, given) => {
    expect(refusalOfOptions(options as object)).toEqual({
      code: "OPTION_INVALID",
      message:
        "tenantProperty must name the property that holds an entity's tenant, for instance 'merchantId', 'merchant' or " +
        `'scope.merchantId', or be a list of such names; it is ${given}.`,
      details: { option: "tenantProperty" },
    })
  })

  it.each<[string, unknown, string]>([
    ["onLeak", "dorp", "onLeak must be one of 'drop', 'throw', 'report', not 'dorp'. Did you mean 'drop'?"],
    ["noTenant", "alow", "noTenant must be one of 'throw', 'report', 'allow', not 'alow'. Did you mean 'allow'?"],
    ["onUnknown", "keap", "onUnknown must be one of 'keep', 'drop', 'throw', not 'keap'. Did you mean 'keep'?"],
    ["references", "drop", "references must be one of 'report', 'throw', not 'drop'."],
    ["roots", "ignored", "roots must be one of 'report', 'throw', 'ignore', not 'ignored'. Did you mean 'ignore'?"],
    ["roots", true, "roots must be one of 'report', 'throw', 'ignore', not boolean."],
    ["onLeak", null, "onLeak must be one of 'drop', 'throw', 'report', not null."],
  ])("refuses %s: %o", (option, value, message) => {
    expect(refusalOfOptions({ tenantProperty, [option]: value })).toEqual({
      code: "OPTION_INVALID",
      message,
      details: { option },
    })
  })

  it.each<[string, unknown, string, object]>([
    ["a list", ["Student"], "entities must be an object of entity names, not a list with something else in it.", {}],
    ["a string", "Student", "entities must be an object of entity names, not 'Student'.", {}],
    [
      "true for an entity",
      { Student: true },
      "entities.Student must be the name of its tenant property, a path such as 'student.school', or false; it is boolean.",
      { entity: "Student" },
    ],
    [
      "an empty path",
      { Student: "" },
      "entities.Student must be the name of its tenant property, a path such as 'student.school', or false; it is ''.",
      { entity: "Student" },
    ],
  ])("refuses %s as entities", (_, entities, message, details) => {
    expect(refusalOfOptions({ tenantProperty, entities })).toEqual({
      code: "OPTION_INVALID",
      message,
      details: { option: "entities", ...details },
    })
  })

  it.each<[string, unknown, string, string, object]>([
    [
      "a list",
      ["School.students"],
      "OPTION_INVALID",
      "unfiltered must be an object such as { 'Customer.auditLog': 'reason' }, not a list with something else in it.",
      {},
    ],
    [
      "a name without a relation",
      { School: "read by staff" },
      "OPTION_INVALID",
      "unfiltered names 'School'; write it as 'Entity.relation'.",
      { relation: "School" },
    ],
    [
      "a path",
      { "School.students.enrolments": "read by staff" },
      "OPTION_INVALID",
      "unfiltered names 'School.students.enrolments'; write it as 'Entity.relation'.",
      { relation: "School.students.enrolments" },
    ],
    [
      "a blank reason",
      { "School.students": "  " },
      "REASON_MISSING",
      "unfiltered['School.students'] needs a reason: a sentence that tells a reader why this relation is left alone.",
      { relation: "School.students" },
    ],
    [
      "true instead of a reason",
      { "School.students": true },
      "REASON_MISSING",
      "unfiltered['School.students'] needs a reason: a sentence that tells a reader why this relation is left alone.",
      { relation: "School.students" },
    ],
  ])("refuses %s as unfiltered", (_, unfiltered, code, message, details) => {
    expect(refusalOfOptions({ tenantProperty, unfiltered })).toEqual({
      code,
      message,
      details: { option: "unfiltered", ...details },
    })
  })
})
