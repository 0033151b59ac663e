// What do the routes of a school look like? As if there were no other school.
import type { MikroORM } from "@mikro-orm/postgresql"
import { Router } from "express"
import { requireTenant } from "tenant-failsafe"
import { answering } from "./answering.ts"
import { Course, Enrolment, ExamResult, School, Student } from "./entities.ts"

export function classes(orm: MikroORM): Router {
  const router = Router()
  router.get(
    "/courses",
    answering(async () => {
      const courses = await orm.em
        .fork()
        .find(Course, {}, { populate: ["enrolments.student"], orderBy: { id: "asc", enrolments: { id: "asc" } } })
      return courses.map(({ title, enrolments }) => ({
        title,
        students: enrolments.map(({ student }) => student.name),
      }))
    }),
  )
  router.post(
    "/enrolments",
    answering(async ({ body }) => {
      const { student, course } = body as { readonly student: number; readonly course: number }
      const em = orm.em.fork()
      const enrolment = em.create(Enrolment, {
        student: em.getReference(Student, student),
        course: em.getReference(Course, course),
      })
      await em.flush()
      return { id: enrolment.id }
    }),
  )
  router.get(
    "/exam-results",
    answering(async () => {
      const results = await orm.em.fork().find(ExamResult, {}, { orderBy: { points: "asc" } })
      return results.map(({ points, publishedOn }) => ({ points, publishedOn }))
    }),
  )
  router.post(
    "/exam-results",
    answering(async ({ body }) => {
      const { student, points, publishedOn } = body as ExamResultBody
      const em = orm.em.fork()
      const school = em.getReference(School, Number(requireTenant()))
      em.create(ExamResult, { points, publishedOn, school, student: em.getReference(Student, student) })
      await em.flush()
      return { points }
    }),
  )
  return router
}

interface ExamResultBody {
  readonly student: number
  readonly points: number
  readonly publishedOn: string
}
