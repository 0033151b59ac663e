// How does an inspector see several schools, and no others? Their set is the scope: for the ORM, and for the database, which raw SQL asks.
import type { MikroORM } from "@mikro-orm/postgresql"
import type { RequestHandler } from "express"
import { withTenants } from "tenant-failsafe"
import { answering } from "./answering.ts"
import { School } from "./entities.ts"
import { schoolsOf } from "./sign-in.ts"

export function inspection(orm: MikroORM): RequestHandler {
  return answering(async ({ session }, response) => {
    const ids = session.accountId === undefined ? [] : await schoolsOf(orm, session.accountId)
    if (ids.length > 0) return withTenants(ids, "an inspection", () => report(orm))
    response.status(session.accountId === undefined ? 401 : 403)
    return { detail: "You inspect no school." }
  })
}

async function report(orm: MikroORM): Promise<object> {
  const em = orm.em.fork()
  const schools = await em.find(School, {}, { populate: ["students"], orderBy: { id: "asc", students: { id: "asc" } } })
  const enrolments = await em.execute<{ count: number }[]>("select count(*)::int as count from enrolment")
  return {
    schools: schools.map(({ name, students }) => ({ name, students: students.map((student) => student.name) })),
    enrolments: enrolments[0]?.count,
  }
}
