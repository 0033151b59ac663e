import { Column, Entity, JoinColumn, ManyToOne, OneToMany, OneToOne, PrimaryColumn } from "typeorm"

/** Entities whose tenants are named in every way, and in some that cannot work. */
export function schoolEntities() {
  @Entity()
  class Region {
    @PrimaryColumn({ type: "text" }) land!: string
    @PrimaryColumn({ type: "int" }) code!: number
  }

  class Scope {
    @Column({ type: "int", nullable: true }) merchantId!: number | null
  }

  @Entity()
  class School {
    @PrimaryColumn({ type: "int" }) id!: number
    @Column({ type: "text", nullable: true }) name!: string | null
    @OneToMany(() => Student, (student) => student.school) students!: Student[]
    @OneToOne(() => Licence, (licence) => licence.school) licence!: unknown
  }

  @Entity()
  class Licence {
    @PrimaryColumn({ type: "int" }) id!: number
    @OneToOne(() => School, (school) => school.licence)
    @JoinColumn()
    school!: School
  }

  @Entity()
  class Student {
    @PrimaryColumn({ type: "int" }) id!: number
    @ManyToOne(() => School, (school) => school.students, { nullable: true }) school!: School | null
    @ManyToOne(() => Region, { nullable: true }) region!: Region | null
    @Column(() => Scope) scope!: Scope
    @OneToMany(() => Enrolment, (enrolment) => enrolment.student) enrolments!: unknown[]
  }

  @Entity()
  class Enrolment {
    @PrimaryColumn({ type: "int" }) id!: number
    @ManyToOne(() => Student, (student) => student.enrolments, { nullable: true }) student!: Student | null
  }

  return { Student, School, Licence, Region, Enrolment }
}
