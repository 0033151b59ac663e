import { defineEntity, p } from "@mikro-orm/core"

/** Entities with every kind of property that a tenant path may start at, or stumble over. One set per ORM instance. */
export function schoolEntities() {
  const School = defineEntity({
    name: "School",
    properties: () => ({
      id: p.integer().primary(),
      name: p.string(),
      students: () => p.oneToMany(Student).mappedBy("school"),
    }),
  })
  const Region = defineEntity({
    name: "Region",
    properties: { country: p.string().primary(), code: p.string().primary() },
  })
  const Scope = defineEntity({
    name: "Scope",
    embeddable: true,
    properties: { merchantId: p.integer(), label: p.string() },
  } as never) as never
  const Student = defineEntity({
    name: "Student",
    properties: () => ({
      id: p.integer().primary(),
      school: () => p.manyToOne(School),
      region: () => p.manyToOne(Region).nullable(),
      scope: () => p.embedded(Scope).nullable(),
      history: () => p.embedded(Scope).array().nullable(),
      subject: () => p.manyToOne([School, Enrolment] as never).nullable(),
      draft: p.integer().persist(false).nullable(),
      enrolments: () => p.oneToMany(Enrolment).mappedBy("student"),
    }),
  })
  const Enrolment = defineEntity({
    name: "Enrolment",
    properties: () => ({ id: p.integer().primary(), term: p.string(), student: () => p.manyToOne(Student) }),
  })
  return { School, Region, Scope, Student, Enrolment }
}
