import { DataSource } from "typeorm"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { withFailsafe, type FailsafeOptions } from "../../src/typeorm/index.ts"
import { rejectionOf, refusalOf, type Refusal } from "../core/support/refusal.ts"
import { openDatabase, type TestDatabase } from "../support/databases.ts"
import { schoolEntities } from "./support/lab-school.ts"
import { categoryOf } from "./support/lab-trees.ts"
import { shopEntities } from "./support/shop.ts"

let database: TestDatabase

beforeAll(async () => {
  database = await openDatabase("sqlite")
})

afterAll(() => database.close())

function dataSource(entities: object = schoolEntities()): DataSource {
  return new DataSource({ ...database.dataSourceOptions(), entities: Object.values(entities) })
}

/** The refusal of options that do not fit the entities. */
async function refusalAtStart(options: object): Promise<Refusal> {
  return await rejectionOf(withFailsafe(dataSource(), options as FailsafeOptions).initialize())
}

const tenantProperty = "school"
const names = "Region, School, Licence, Student, Enrolment"

describe("initialize()", () => {
  it.each<[string, object, string, object]>([
    [
      "a tenantProperty that no entity has",
      { tenantProperty: "schol" },
      `tenantProperty names 'schol', which no entity has. Did you mean 'school'? Entities: ${names}.`,
      { option: "tenantProperty", path: "schol" },
    ],
    [
      "one name of a list that no entity has",
      { tenantProperty: ["school", "teacher"] },
      `tenantProperty names 'teacher', which no entity has. Entities: ${names}.`,
      { option: "tenantProperty", path: "teacher" },
    ],
    [
      "an embedded column without the path to it",
      { tenantProperty: "merchantId" },
      `tenantProperty names 'merchantId', which no entity has. Entities: ${names}.`,
      { option: "tenantProperty", path: "merchantId" },
    ],
    [
      "a join column that is no property",
      { tenantProperty: "schoolId" },
      `tenantProperty names 'schoolId', which no entity has. Did you mean 'school'? Entities: ${names}.`,
      { option: "tenantProperty", path: "schoolId" },
    ],
    [
      "an entity that does not exist",
      { tenantProperty, entities: { Enrollment: "student.school" } },
      "entities names 'Enrollment', which is no entity. Did you mean 'Enrolment'?",
      { option: "entities", entity: "Enrollment" },
    ],
    [
      "a relation of an entity that does not exist",
      { tenantProperty, unfiltered: { "Scool.students": "read by staff" } },
      "unfiltered names 'Scool.students', but 'Scool' is no entity. Did you mean 'School'?",
      { option: "unfiltered", relation: "Scool.students" },
    ],
    [
      "a relation that does not exist",
      { tenantProperty, unfiltered: { "School.student": "read by staff" } },
      "unfiltered names 'School.student', but School has no relation 'student'. Did you mean 'students'?",
      { option: "unfiltered", relation: "School.student" },
    ],
    [
      "a column as an unfiltered relation",
      { tenantProperty, unfiltered: { "School.name": "read by staff" } },
      "unfiltered names 'School.name', but School has no relation 'name'.",
      { option: "unfiltered", relation: "School.name" },
    ],
    [
      "an unfiltered relation that is not guarded anyway",
      { tenantProperty, unfiltered: { "Student.enrolments": "read by staff" } },
      "unfiltered names 'Student.enrolments', which is not guarded anyway: Enrolment is not tenant-owned. Remove the entry.",
      { option: "unfiltered", relation: "Student.enrolments" },
    ],
  ])("refuses %s", async (_, options, message, details) => {
    expect(await refusalAtStart(options)).toEqual({ code: "OPTION_INVALID", message, details })
  })

  it.each<[string, string, string, string]>([
    [
      "a property that does not exist",
      "Enrolment",
      "studnt",
      "Enrolment has no property 'studnt'. Did you mean 'student'?",
    ],
    [
      "a path through a property that does not exist",
      "Enrolment",
      "student.scholl",
      "Student has no property 'scholl'. Did you mean 'school'?",
    ],
    [
      "a path over a to-many relation",
      "School",
      "students.id",
      "School.students is a to-many relation; a tenant is one value.",
    ],
    ["a to-many relation", "School", "students", "School.students is a to-many relation; a tenant is one value."],
    ["a path through a column", "School", "name.id", "School.name is a column and leads nowhere; end the path there."],
    [
      "an embedded object without its column",
      "Student",
      "scope",
      "Student.scope is embedded; name the column inside it, as in 'scope.id'.",
    ],
    [
      "an embedded column that does not exist",
      "Student",
      "scope.merchant",
      "Student.scope has no property 'merchant'. Did you mean 'merchantId'?",
    ],
    [
      "a relation whose key has two columns",
      "Student",
      "region",
      "Student.region has a key of 2 columns; a tenant id is one value. Name one of them.",
    ],
    [
      "the inverse side of a 1:1 relation",
      "School",
      "licence",
      "School.licence is the inverse side of a 1:1 relation; its key is stored with Licence.",
    ],
    [
      "a path over the inverse side of a 1:1 relation",
      "School",
      "licence.id",
      "School.licence is the inverse side of a 1:1 relation; its key is stored with Licence.",
    ],
  ])("refuses %s as the tenant of an entity", async (_, entity, path, why) => {
    expect(await refusalAtStart({ tenantProperty, entities: { [entity]: path } })).toEqual({
      code: "OPTION_INVALID",
      message: `${entity} cannot be judged by '${path}': ${why}`,
      details: { option: "tenantProperty", entity, path },
    })
  })

  it.each<[string, FailsafeOptions]>([
    ["a to-one relation", { tenantProperty: "school" }],
    ["an embedded column", { tenantProperty: "scope.merchantId" }],
    ["one column of a composite key", { tenantProperty: "school", entities: { Student: "region.code" } }],
    ["a path through two to-one relations", { tenantProperty: "school", entities: { Enrolment: "student.school" } }],
    ["a path that ends at an embedded column", { tenantProperty, entities: { Enrolment: "student.scope.merchantId" } }],
    ["a list, of which every entity takes its first", { tenantProperty: ["school", "student"] }],
    ["an entity's own key", { tenantProperty: "school", entities: { School: "id" } }],
    ["an entity that is not tenant-owned", { tenantProperty: "school", entities: { Licence: false } }],
    [
      "every mode",
      { tenantProperty, onLeak: "throw", noTenant: "allow", onUnknown: "drop", references: "throw", roots: "ignore" },
    ],
  ])("accepts %s", async (_, options) => {
    const source = await withFailsafe(dataSource(), options).initialize()

    expect(source.isInitialized).toBe(true)
    await source.destroy()
  })

  it("closes the connection that it opened when it refuses, and may be called again", async () => {
    const source = withFailsafe(dataSource(), { tenantProperty: "schol" })

    expect(await rejectionOf(source.initialize())).toMatchObject({ code: "OPTION_INVALID" })
    expect(source.isInitialized).toBe(false)
    expect(await rejectionOf(source.initialize())).toMatchObject({ code: "OPTION_INVALID" })
  })

  it("does not list the tables that TypeORM makes up for itself among the entities", async () => {
    const closureTree = { ...shopEntities(), Category: categoryOf("closure-table") }

    const refusal = await rejectionOf(withFailsafe(dataSource(closureTree), { tenantProperty: "x" }).initialize())

    const [, listed = ""] = /Entities: (.*)\.$/.exec(refusal.message)!
    expect(listed.split(", ").toSorted()).toEqual(["Address", "Category", "Customer", "Order", "Profile", "Tag"])
  })
})

describe("withFailsafe", () => {
  it.each<[string, unknown, string, object]>([
    ["no options", undefined, "The options are missing. Pass at least { tenantProperty: 'merchantId' }.", {}],
    [
      "an option that is near another",
      { tenantProperty, onleak: "drop" },
      "'onleak' is no option. Did you mean 'onLeak'?",
      { option: "onleak" },
    ],
    [
      "a mode that does not exist",
      { tenantProperty, roots: "ignored" },
      "roots must be one of 'report', 'throw', 'ignore', not 'ignored'. Did you mean 'ignore'?",
      { option: "roots" },
    ],
    [
      "an empty tenantProperty",
      { tenantProperty: "" },
      "tenantProperty must name the property that holds an entity's tenant, for instance 'merchantId', 'merchant' or " +
        "'scope.merchantId', or be a list of such names; it is ''.",
      { option: "tenantProperty" },
    ],
  ])("refuses %s before it touches the DataSource", (_, options, message, details) => {
    const source = dataSource()
    const before = Object.getOwnPropertyNames(source)

    expect(refusalOf(() => withFailsafe(source, options as FailsafeOptions))).toEqual({
      code: "OPTION_INVALID",
      message,
      details,
    })
    expect(Object.getOwnPropertyNames(source)).toEqual(before)
  })

  it("refuses an unfiltered relation without a reason", () => {
    const options = { tenantProperty, unfiltered: { "School.students": "  " } } as const

    expect(refusalOf(() => withFailsafe(dataSource(), options))).toEqual({
      code: "REASON_MISSING",
      message:
        "unfiltered['School.students'] needs a reason: a sentence that tells a reader why this relation is left alone.",
      details: { option: "unfiltered", relation: "School.students" },
    })
  })
})
