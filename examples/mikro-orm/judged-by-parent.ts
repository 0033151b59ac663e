// An enrolment has no tenant column; its student's school is its tenant. How is it guarded?
import { defineEntity, MikroORM, NodeSqliteDialect, p, SqliteDriver } from "@mikro-orm/sql"
import { withoutTenant, withTenant } from "tenant-failsafe"
import { withFailsafe } from "tenant-failsafe/mikro-orm"

const School = defineEntity({ name: "School", properties: { id: p.integer().primary(), name: p.string() } })
const Student = defineEntity({
  name: "Student",
  properties: () => ({ id: p.integer().primary(), name: p.string(), school: () => p.manyToOne(School) }),
})
const Course = defineEntity({
  name: "Course",
  properties: () => ({
    id: p.integer().primary(),
    title: p.string(),
    enrolments: () => p.oneToMany(Enrolment).mappedBy("course"),
  }),
})
const Enrolment = defineEntity({
  name: "Enrolment",
  properties: () => ({
    id: p.integer().primary(),
    grade: p.string(),
    course: () => p.manyToOne(Course),
    student: () => p.manyToOne(Student),
  }),
})

export async function run(): Promise<readonly string[]> {
  const orm = await MikroORM.init(
    withFailsafe(
      {
        entities: [School, Student, Course, Enrolment],
        driver: SqliteDriver,
        dbName: ":memory:",
        driverOptions: new NodeSqliteDialect(":memory:"),
      },
      { tenantProperty: "school", entities: { Enrolment: "student.school" } },
    ),
  )
  await orm.schema.create()
  await withoutTenant("two schools share a course", async () => {
    const em = orm.em.fork()
    const course = em.create(Course, { id: 1, title: "Algebra" })
    for (const [id, grade] of [
      [1, "A"],
      [2, "B"],
    ] as const) {
      const school = em.create(School, { id, name: `School ${id}` })
      em.create(Enrolment, { id, grade, course, student: em.create(Student, { id, name: `Student ${id}`, school }) })
    }
    await em.flush()
  })
  const grades = await withTenant(1, async () => {
    // The students are not even loaded: one query tells the school of all enrolments.
    const course = await orm.em.fork().findOneOrFail(Course, 1, { populate: ["enrolments"] })
    return course.enrolments.map(({ grade }) => grade)
  })
  await orm.close()
  return grades
}
