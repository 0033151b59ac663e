// How do the ORM and the database learn which rows are whose, from one description?
import { MikroORM, type Options } from "@mikro-orm/postgresql"
import { withFailsafe } from "tenant-failsafe/mikro-orm"
import { withRowSecurity, withTenantSession } from "tenant-failsafe/postgres/mikro-orm"
import { Account, Course, Enrolment, ExamResult, Membership, School, Student } from "./entities.ts"

/** The application's: each statement tells the database the school of its request. */
export function openOrm(url: string): Promise<MikroORM> {
  return MikroORM.init(withTenantSession(described(url)))
}

/** The migrator's, which row security does not hold for. */
export function openMigratorOrm(url: string): Promise<MikroORM> {
  return MikroORM.init(described(url))
}

function described(url: string): Options {
  const config: Options = {
    clientUrl: url,
    entities: [School, Student, Course, Enrolment, ExamResult, Account, Membership],
    // It would take a superuser.
    schemaGenerator: { disableForeignKeys: false },
  }
  const guarded = withFailsafe(config, {
    tenantProperty: "school",
    entities: { School: "id", Enrolment: "student.school", Membership: false },
  })
  return withRowSecurity(guarded, {
    // An inspector reads several schools, and writes to none.
    sets: true,
    restrictive: true,
    entities: {
      Enrolment: {
        // Foreign keys look past policies; a subquery does not: a course that the school may not read is not there.
        withCheck:
          "exists (select 1 from student where student.id = enrolment.student_id and student.school_id = (select app.tenant()::int)) " +
          "and exists (select 1 from course where course.id = enrolment.course_id)",
      },
      ExamResult: {
        // The school enters results at any time, and they are there from their day on.
        using: "school_id = (select app.tenant()::int) and published_on <= current_date",
        withCheck: "school_id = (select app.tenant()::int)",
      },
    },
  })
}
