import { describe, expect, it } from "vitest"
import { rowSecurity, type RowSecurityOptions } from "../../src/postgres/index.ts"
import { refusalOf } from "../core/support/refusal.ts"
import { column, modelOf, reference, schools, source, table } from "./support/models.ts"

const merchant = column("merchant_id")
const owned = (name: string, ...foreignKeys: ReturnType<typeof reference>[]) =>
  table(name, { columns: [column("id"), merchant], tenant: source("merchantId", merchant), foreignKeys })

function pathOf(entity: string, plan: ReturnType<typeof rowSecurity>) {
  return plan.tables.find((planned) => planned.entity === entity)?.path
}

describe("infer", () => {
  it("follows the shortest path of NOT NULL references", () => {
    const model = modelOf(
      owned("merchant"),
      owned("school", reference("merchant_id", "merchant")),
      table("room", { foreignKeys: [reference("school_id", "school")] }),
      table("seat", { foreignKeys: [reference("room_id", "room"), reference("school_id", "school")] }),
    )

    const plan = rowSecurity(model, { infer: ["Seat"] })

    expect([pathOf("Seat", plan), plan.notes]).toEqual(["school_id.merchantId", []])
  })

  it("takes the detour where the short link may be NULL", () => {
    const model = modelOf(
      owned("school"),
      table("room", { foreignKeys: [reference("school_id", "school")] }),
      table("seat", {
        foreignKeys: [reference("school_id", "school", { isNullable: true }), reference("room_id", "room")],
      }),
    )

    expect(pathOf("Seat", rowSecurity(model, { infer: ["Seat"], form: "exists" }))).toBe("room_id.school_id.merchantId")
  })

  it("breaks a tie by name, in any order of the references, and says so", () => {
    const links = [reference("z_id", "school"), reference("a_id", "school")]
    const plans = [links, links.toReversed()].map((foreignKeys) =>
      rowSecurity(modelOf(owned("school"), table("link", { foreignKeys })), { infer: ["Link"] }),
    )

    expect(plans.map((plan) => [pathOf("Link", plan), plan.notes])).toEqual(
      plans.map(() => [
        "a_id.merchantId",
        [
          "Link reaches a tenant on several paths of the same length: 'a_id' counts, the first by name; not 'z_id'. Declare its " +
            "path in the options of withFailsafe to choose another one.",
        ],
      ]),
    )
    expect(plans[0]!.up).toEqual(plans[1]!.up)
  })

  it("skips references of a table to itself", () => {
    const model = modelOf(
      owned("school"),
      table("folder", { foreignKeys: [reference("parent_id", "folder"), reference("school_id", "school")] }),
    )

    expect(pathOf("Folder", rowSecurity(model, { infer: ["Folder"] }))).toBe("school_id.merchantId")
  })

  it("goes on where the nearest owner has its own tenant elsewhere", () => {
    const plan = rowSecurity(schools, { infer: ["Enrolment"], form: "exists" })

    expect(pathOf("Enrolment", plan)).toBe("student_id.school.merchantId")
  })
})

const nullable = modelOf(
  owned("school"),
  table("seat", { foreignKeys: [reference("school_id", "school", { isNullable: true })] }),
)
const circular = modelOf(
  owned("school"),
  table("a", { foreignKeys: [reference("b_id", "b")] }),
  table("b", { foreignKeys: [reference("a_id", "a")] }),
)
const alone = modelOf(owned("school"), table("note"))
const itself = reference("parent_id", "folder", { isNullable: true })
const selfOwned = modelOf(
  table("folder", {
    columns: [column("id"), merchant],
    tenant: source("parent.merchantId", merchant, itself),
    foreignKeys: [itself],
  }),
)
const toA = reference("a_id", "a")
const toB = reference("b_id", "b")
const mutual = modelOf(
  table("a", { columns: [column("id"), merchant], tenant: source("b.merchantId", merchant, toB), foreignKeys: [toB] }),
  table("b", { columns: [column("id"), merchant], tenant: source("a.merchantId", merchant, toA), foreignKeys: [toA] }),
)
const viaRoom = modelOf(
  owned("school"),
  table("room", { foreignKeys: [reference("school_id", "school")] }),
  table("seat", { foreignKeys: [reference("room_id", "room")] }),
)
const wide = reference("", "school", { columns: ["school_id", "year"], targetColumns: ["id", "year"] })
const wideModel = modelOf(owned("school"), table("seat", { foreignKeys: [wide] }))
const clashing = modelOf(
  owned("school"),
  table("seat", { columns: [column("id"), merchant], foreignKeys: [reference("school_id", "school")] }),
)

describe("rowSecurity refuses", () => {
  it.each<[string, ReturnType<typeof modelOf>, RowSecurityOptions, string]>([
    [
      "a path over a link that may be NULL",
      nullable,
      { infer: ["Seat"] },
      "infer: Seat reaches no tenant-owned table by references that are NOT NULL: seat.school_id may be NULL. Make it NOT NULL, " +
        "or declare the path in the options of withFailsafe: a row whose reference is NULL is then shared.",
    ],
    [
      "references that lead in a circle",
      circular,
      { infer: ["A"] },
      "infer: A reaches no tenant-owned table by references that are NOT NULL: its references lead in a circle, a -> b -> a. " +
        "Declare the tenant of one of them.",
    ],
    [
      "an entity without references",
      alone,
      { infer: ["Note"] },
      "infer: Note reaches no tenant-owned table by references that are NOT NULL: it has none. Remove it from infer, or give it " +
        "using and withCheck in entities.",
    ],
    [
      "an entity that has its tenant",
      schools,
      { infer: ["Student"] },
      "infer names 'Student', whose tenant is 'school.merchantId' already. Remove it from infer.",
    ],
    [
      "a misspelt entity to infer",
      schools,
      { infer: ["Enrollment"] },
      "infer names 'Enrollment', which is no entity. Did you mean 'Enrolment'?",
    ],
    [
      "a misspelt entity to override",
      schools,
      { entities: { Scool: { sets: true } } },
      "entities names 'Scool', which is no entity. Did you mean 'School'?",
    ],
    [
      "rules for an entity that is nobody's",
      schools,
      { entities: { Enrolment: { sets: true } } },
      "entities.Enrolment says how its rows are judged, but it is not tenant-owned. Add it to infer, declare its path in the options " +
        "of withFailsafe, or give it both using and withCheck.",
    ],
    [
      "a path that leads back to its own table",
      selfOwned,
      { form: "exists" },
      "Folder cannot be judged: 'parent.merchantId' leads back to its own table, a circle. Give one of them a tenant column.",
    ],
    [
      "the same as a column of its own",
      selfOwned,
      { entities: { Folder: { column: "owner_id" } } },
      "Folder cannot be judged: 'parent.merchantId' leads back to its own table, a circle. Give one of them a tenant column.",
    ],
    [
      "policies that read each other",
      mutual,
      { form: "array" },
      "A cannot be judged: its path and that of B lead to each other, a circle. Give one of them a tenant column.",
    ],
    [
      "a column along a table that has none",
      viaRoom,
      { infer: ["Seat"] },
      "Seat cannot be denormalised along 'room_id.school_id.merchantId': the path leads through Room, which has no tenant column " +
        'that follows the rest of it. Add "Room" to infer or declare the rest of the path as its tenant, or set entities: { Seat: ' +
        '{ form: "exists" } }.',
    ],
    [
      "an array of keys of several columns",
      wideModel,
      { infer: ["Seat"], form: "array" },
      "Seat cannot have the form \"array\": a reference on its path 'school_id+year.merchantId' has several columns. Set entities: { " +
        'Seat: { form: "exists" } }.',
    ],
    [
      "a column whose name is taken",
      clashing,
      { infer: ["Seat"] },
      "Seat has a column 'merchant_id' already. If it is to hold the tenant, say so: entities: { Seat: { column: \"merchant_id\" } }; " +
        "otherwise name another one there.",
    ],
    [
      "an unknown option",
      schools,
      { forms: "exists" } as object,
      "'forms' is no option of rowSecurity. Did you mean 'form'?",
    ],
    [
      "an unknown option of an entity",
      schools,
      { entities: { School: { usin: "x" } } } as object,
      "'usin' is no option of entities.School. Did you mean 'using'?",
    ],
    [
      "an unknown form",
      schools,
      { form: "in" } as object,
      "form must be one of 'denormalise', 'exists', 'array', not 'in'.",
    ],
    [
      "a setting that PostgreSQL would refuse",
      schools,
      { functions: { setting: "tenant'; drop" } },
      "functions.setting must be a name with a dot in it, such as 'app.tenant_id', not 'tenant'; drop'.",
    ],
    [
      "a blank condition",
      schools,
      { entities: { School: { using: " " } } },
      "entities.School.using must be a text, not a blank string.",
    ],
    ["a switch that is none", schools, { sets: "yes" } as object, "sets must be true or false, not a string."],
  ])("%s", (_, model, options, message) => {
    expect(refusalOf(() => rowSecurity(model, options))).toMatchObject({ code: "OPTION_INVALID", message })
  })

  it("to generate IN", () => {
    const sql = ["denormalise", "exists", "array"].flatMap(
      (form) => rowSecurity(schools, { infer: ["Enrolment"], form: form as "exists", sets: true }).up,
    )

    expect(sql.filter((statement) => /create policy[^;]*\bin\s*\(/i.test(statement))).toEqual([])
  })
})

describe("indexes", () => {
  const indexesOf = (options: RowSecurityOptions, indexes: readonly (readonly string[])[]) => {
    const model = modelOf({ ...owned("school"), indexes })
    return rowSecurity(model, options).up.filter((statement) => statement.startsWith("create index"))
  }

  it("are added where none starts with the tenant column", () => {
    expect(indexesOf({}, [["id", "merchant_id"]])).toEqual([
      'create index if not exists "tenant_failsafe_school_merchant_id_idx_ee6cf938" on "school" ("merchant_id")',
    ])
  })

  it("are not added where one does, nor where they are not wanted", () => {
    expect([indexesOf({}, [["merchant_id", "id"]]), indexesOf({ indexes: false }, [])]).toEqual([[], []])
  })
})
