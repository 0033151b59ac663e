import { MikroORM } from "@mikro-orm/sql"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { withFailsafe, type FailsafeOptions } from "../../src/mikro-orm/index.ts"
import { refusalOf, rejectionOf, type Refusal } from "../core/support/refusal.ts"
import { openDatabase, type TestDatabase } from "../support/databases.ts"
import { schoolEntities } from "./support/school.ts"

let database: TestDatabase

beforeAll(async () => {
  database = await openDatabase("sqlite")
})

afterAll(() => database.close())

function config() {
  return { ...database.ormConfig(), entities: Object.values(schoolEntities()) as never[] }
}

/** The refusal of options that do not fit the entities. */
async function refusalAtStart(options: object): Promise<Refusal> {
  return await rejectionOf(MikroORM.init(withFailsafe(config(), options as FailsafeOptions)))
}

const tenantProperty = "school"

describe("MikroORM.init", () => {
  it.each<[string, object, string, object]>([
    [
      "a tenantProperty that no entity has",
      { tenantProperty: "schol" },
      "tenantProperty names 'schol', which no entity has. Did you mean 'school'? Entities: Student, School, Region, Enrolment.",
      { option: "tenantProperty", path: "schol" },
    ],
    [
      "one name of a list that no entity has",
      { tenantProperty: ["school", "teacher"] },
      "tenantProperty names 'teacher', which no entity has. Entities: Student, School, Region, Enrolment.",
      { option: "tenantProperty", path: "teacher" },
    ],
    [
      "an embedded column without the path to it",
      { tenantProperty: "merchantId" },
      "tenantProperty names 'merchantId', which no entity has. Entities: Student, School, Region, Enrolment.",
      { option: "tenantProperty", path: "merchantId" },
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
    ["a polymorphic relation", "Student", "subject", "Student.subject is polymorphic; its key alone names no tenant."],
    ["a property that is not stored", "Student", "draft", "Student.draft is not stored in the database."],
    [
      "a list of embedded objects",
      "Student",
      "history.merchantId",
      "Student.history is a list of embedded objects; a tenant is one value.",
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
    ["a list, of which every entity takes its first", { tenantProperty: ["school", "student"] }],
    ["an entity's own key", { tenantProperty: "school", entities: { School: "id" } }],
    [
      "every mode",
      { tenantProperty, onLeak: "throw", noTenant: "allow", onUnknown: "drop", references: "throw", roots: "ignore" },
    ],
  ])("accepts %s", async (_, options) => {
    const orm = await MikroORM.init(withFailsafe(config(), options))

    expect(await orm.schema.getCreateSchemaSQL()).toContain("create table")
    await orm.close()
  })

  it("refuses in the constructor as well", () => {
    expect(refusalOf(() => new MikroORM(withFailsafe(config(), { tenantProperty: "schol" })))).toMatchObject({
      code: "OPTION_INVALID",
      details: { option: "tenantProperty", path: "schol" },
    })
  })
})
