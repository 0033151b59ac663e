// Which rows are whose? A student belongs to a school, an enrolment to the school of its student, a course to a school or to all.
import { randomUUID } from "node:crypto"
import { defineEntity, p } from "@mikro-orm/postgresql"

export const School = defineEntity({
  name: "School",
  properties: () => ({
    id: p.integer().primary(),
    name: p.string(),
    students: () => p.oneToMany(Student).mappedBy("school"),
  }),
})

export const Student = defineEntity({
  name: "Student",
  properties: () => ({
    id: p.integer().primary(),
    name: p.string(),
    school: () => p.manyToOne(School),
    enrolments: () => p.oneToMany(Enrolment).mappedBy("student"),
  }),
})

export const Course = defineEntity({
  name: "Course",
  properties: () => ({
    id: p.integer().primary(),
    title: p.string(),
    /** A course without a school is open to all: everybody reads it, and no school changes it. */
    school: () => p.manyToOne(School).nullable(),
    enrolments: () => p.oneToMany(Enrolment).mappedBy("course"),
  }),
})

export const Enrolment = defineEntity({
  name: "Enrolment",
  properties: () => ({
    id: p.integer().primary(),
    grade: p.string().nullable(),
    student: () => p.manyToOne(Student),
    course: () => p.manyToOne(Course),
  }),
})

export const ExamResult = defineEntity({
  name: "ExamResult",
  properties: () => ({
    // Not a serial: `insert … returning` reads, and a result may be written before it may be read.
    id: p.uuid().primary().onCreate(randomUUID),
    points: p.integer(),
    publishedOn: p.date(),
    student: () => p.manyToOne(Student),
    school: () => p.manyToOne(School),
  }),
})

export const Account = defineEntity({
  name: "Account",
  properties: { id: p.integer().primary(), login: p.string().unique(), password: p.text() },
})

/** Which schools an account may act for. It is asked before there is a tenant, so that it belongs to none. */
export const Membership = defineEntity({
  name: "Membership",
  properties: () => ({
    account: () => p.manyToOne(Account).primary(),
    school: () => p.manyToOne(School).primary(),
  }),
})
