// How do I guard an entity that has no tenant column of its own?
import { DataSource, EntitySchema } from "typeorm"
import { withTenant } from "tenant-failsafe"
import { withFailsafe, type FilteredCollection } from "tenant-failsafe/typeorm"

interface Course {
  id: number
  enrolments: FilteredCollection<Enrolment>
}

interface Student {
  id: number
  school: number
}

interface Enrolment {
  id: number
  grade: string
  course: Course
  student: Student
}

const id = { type: "int", primary: true } as const
const courseSchema = new EntitySchema<Course>({
  name: "Course",
  columns: { id },
  relations: { enrolments: { type: "one-to-many", target: "Enrolment", inverseSide: "course" } },
})
const studentSchema = new EntitySchema<Student>({ name: "Student", columns: { id, school: { type: "int" } } })
const enrolmentSchema = new EntitySchema<Enrolment>({
  name: "Enrolment",
  columns: { id, grade: { type: "text" } },
  relations: {
    course: { type: "many-to-one", target: "Course", inverseSide: "enrolments" },
    student: { type: "many-to-one", target: "Student" },
  },
})

export async function run(): Promise<readonly string[]> {
  const dataSource = withFailsafe(
    new DataSource({ type: "sqljs", entities: [courseSchema, studentSchema, enrolmentSchema], synchronize: true }),
    { tenantProperty: "school", entities: { Enrolment: "student.school" } },
  )
  await dataSource.initialize()
  await dataSource.query("insert into course values (1)")
  await dataSource.query("insert into student values (1, 10), (2, 20)")
  await dataSource.query("insert into enrolment values (1, 'A', 1, 1), (2, 'B', 1, 2)")
  const course = await withTenant(10, () =>
    dataSource.getRepository(courseSchema).findOneOrFail({ where: { id: 1 }, relations: { enrolments: true } }),
  )
  await dataSource.destroy()
  return course.enrolments.map(({ grade }) => grade)
}
