import { EntitySchema, type EntitySchemaOptions } from "typeorm"
import { afterEach, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { openLab, type Lab } from "./support/lab.ts"
import { outcomeOf } from "./support/outcome.ts"

const asOne = (write: () => unknown) => outcomeOf(() => withTenant(1, write))

/** TypeORM tells entities of one save apart by their classes. */
class Named {
  id!: number
}

describe("rows of one save that belong together", () => {
  type Row = Record<string, unknown>
  let lab: Lab
  afterEach(() => lab.close())

  const label = { type: "text", nullable: true } as const
  const merchantId = { type: "int", name: "merchant_id", nullable: true } as const
  const entity = (name: string, options: object): EntitySchema<Row> =>
    new EntitySchema<Row>({
      name,
      target: { [name]: class extends Named {} }[name]!,
      tableName: name.toLowerCase(),
      ...options,
    } as unknown as EntitySchemaOptions<Row>)
  const generated = { type: "int", primary: true, generated: "increment" } as const
  const made = () => {
    const Student = entity("Student", {
      columns: { id: generated, label, merchantId },
      relations: { enrolments: { type: "one-to-many", target: "Enrolment", inverseSide: "student", cascade: true } },
    })
    const Enrolment = entity("Enrolment", {
      columns: { id: generated, label },
      relations: {
        student: { type: "many-to-one", target: "Student", inverseSide: "enrolments", nullable: true },
        badges: { type: "many-to-many", target: "Badge", joinTable: { name: "enrolment_badge" }, cascade: true },
        mark: { type: "one-to-one", target: "Mark", joinColumn: { name: "mark_id" }, cascade: true, nullable: true },
      },
    })
    const Badge = entity("Badge", { columns: { id: generated, label, merchantId } })
    const Mark = entity("Mark", { columns: { id: generated, label, merchantId } })
    return { Student, Enrolment, Badge, Mark }
  }
  type Made = ReturnType<typeof made>

  async function open(): Promise<Made> {
    const entities = made()
    lab = await openLab(Object.values(entities), { failsafe: { entities: { Enrolment: "student.merchantId" } } })
    await lab.database.sql(
      "insert into student (label, merchant_id) values ('own', 1), ('foreign', 2), ('shared', null)",
    )
    return entities
  }
  const of = (schema: EntitySchema<Row>, data: Row): Row =>
    Object.assign(new (schema.options.target as new () => Row)(), data)
  const save = (rows: Row | Row[], options = {}) => asOne(() => lab.dataSource.manager.save(rows as Row[], options))

  it("are stamped through every cascade", async () => {
    const { Student } = await open()

    const outcome = await save(
      of(Student, { label: "new", enrolments: [{ label: "e", badges: [{ label: "b" }], mark: { label: "m" } }] }),
    )

    expect([
      outcome,
      await lab.database.sql("select merchant_id from student where label = 'new'"),
      await lab.database.sql("select merchant_id from badge"),
      await lab.database.sql("select merchant_id from mark"),
    ]).toEqual([["done"], [{ merchant_id: 1 }], [{ merchant_id: 1 }], [{ merchant_id: 1 }]])
  })

  it("are refused together where one of a cascade is given to another tenant", async () => {
    const { Student } = await open()

    const outcome = await save(
      of(Student, { label: "new", enrolments: [{ label: "e", badges: [{ label: "b", merchantId: 2 }] }] }),
    )

    expect([outcome, await lab.database.sql("select id from enrolment")]).toEqual([
      ["WRITE_FOREIGN", "Badge insert 1"],
      [],
    ])
  })

  it.each([
    ["a new row of an own parent", { id: 1 }, "done"],
    ["a new row of a foreign parent", { id: 2 }, "WRITE_FOREIGN"],
    ["a new row of a shared parent", { id: 3 }, "TENANT_AMBIGUOUS"],
    ["a new row of no parent", null, "TENANT_AMBIGUOUS"],
  ])("tell whose they are by their parent: %s", async (_, student, code) => {
    const { Enrolment } = await open()

    const [outcome] = await save(of(Enrolment, { label: "new", student }))

    expect(outcome).toBe(code)
  })

  it("tell whose they are by a parent that is inserted along", async () => {
    const { Student, Enrolment } = await open()
    const student = of(Student, { label: "new" })

    const outcomes = [
      await save([student, of(Enrolment, { student })]),
      await save([of(Student, { label: "other", merchantId: 2, enrolments: [{ label: "new" }] })]),
    ]

    expect([outcomes, await lab.database.sql(`select "studentId" from enrolment`)]).toEqual([
      [["done"], ["WRITE_FOREIGN", "Student insert 1"]],
      [{ studentId: 4 }],
    ])
  })

  it("may refer to what an earlier chunk inserts", async () => {
    const { Student, Enrolment } = await open()
    const student = of(Student, { label: "new" })

    const outcome = await save([student, of(Enrolment, { label: "e", student })], { chunk: 1 })

    expect([outcome, await lab.database.sql(`select "studentId" from enrolment`)]).toEqual([
      ["done"],
      [{ studentId: 4 }],
    ])
  })

  it("may refer to what has no key, as far as TypeORM allows it", async () => {
    const { Enrolment, Mark } = await open()
    lab.dataSource.getMetadata(Enrolment).findRelationWithPropertyPath("mark")!.isCascadeInsert = false
    const enrolment = of(Enrolment, { label: "e", student: { id: 1 }, mark: of(Mark, { label: "m" }) })

    const [outcome] = await save(enrolment)

    expect(["TENANT_UNKNOWN", "WRITE_FOREIGN"]).not.toContain(outcome)
  })

  it("are not moved to a foreign parent, and may be moved to another own one", async () => {
    const { Enrolment } = await open()
    await lab.database.sql("insert into student (label, merchant_id) values ('own 2', 1)")
    await lab.database.sql(`insert into enrolment (label, "studentId") values ('e', 1)`)

    const outcomes = [
      await save(of(Enrolment, { id: 1, student: { id: 2 } })),
      await save(of(Enrolment, { id: 1, student: { id: 3 } })),
      await save(of(Enrolment, { id: 1, student: null })),
      await save(of(Enrolment, { id: 1, student: { id: 4 } })),
    ]

    expect([outcomes.map(([outcome]) => outcome), await lab.database.sql(`select "studentId" from enrolment`)]).toEqual(
      [["WRITE_FOREIGN", "TENANT_IMMUTABLE", "TENANT_IMMUTABLE", "done"], [{ studentId: 4 }]],
    )
  })

  it("are judged as removed together: own ones between hold nothing up", async () => {
    const { Student, Enrolment } = await open()
    await lab.database.sql(`insert into enrolment (label, "studentId") values ('e', 1)`)

    const outcome = await asOne(() =>
      lab.dataSource.manager.remove([of(Enrolment, { id: 1 }), of(Student, { id: 1 })] as Row[]),
    )

    expect([outcome, await lab.database.sql("select id from student where id = 1")]).toEqual([["done"], []])
  })
})
