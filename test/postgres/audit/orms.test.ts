import { defineEntity, p } from "@mikro-orm/core"
import { MikroORM } from "@mikro-orm/sql"
import { Column, DataSource, Entity, ManyToOne, PrimaryColumn } from "typeorm"
import { afterEach, describe, expect, it } from "vitest"
import { tenantModel as mikroOrmModel, withFailsafe as guardMikroOrm } from "../../../src/mikro-orm/index.ts"
import { audit } from "../../../src/postgres/audit/audit.ts"
import { rowSecurity, tenantFunctions, type TenantModel } from "../../../src/postgres/index.ts"
import { withRowSecurity } from "../../../src/postgres/mikro-orm/index.ts"
import { tenantModel as typeormModel, withFailsafe as guardTypeorm } from "../../../src/typeorm/index.ts"
import { openLab, type Lab } from "../support/lab.ts"
import { brief } from "./support/shop.ts"

const opened: { close(): Promise<unknown> }[] = []

afterEach(async () => {
  for (const resource of opened.splice(0).toReversed()) await resource.close()
})

const guard = { tenantProperty: "merchantId", entities: { Student: "school.merchantId" } }

interface Opened {
  readonly lab: Lab
  readonly model: TenantModel
}

async function openMikroOrm(native: boolean): Promise<Opened> {
  const lab = await openLab("postgresql", tenantFunctions().up)
  opened.push(lab)
  const School = defineEntity({
    name: "School",
    properties: { id: p.integer().primary(), merchantId: p.integer(), name: p.string() },
  })
  const Student = defineEntity({
    name: "Student",
    properties: () => ({ id: p.integer().primary(), school: () => p.manyToOne(School) }),
  })
  const config = guardMikroOrm({ ...lab.database.ormConfig(), entities: [School, Student] }, guard)
  const orm = await MikroORM.init((native ? withRowSecurity(config) : config) as never)
  opened.push(orm)
  await orm.schema.create()
  return { lab, model: mikroOrmModel(orm) }
}

async function openTypeorm(): Promise<Opened> {
  const lab = await openLab("postgresql")
  opened.push(lab)
  @Entity()
  class School {
    @PrimaryColumn({ type: "int" }) id!: number
    @Column({ type: "int" }) merchantId!: number
  }
  @Entity()
  class Student {
    @PrimaryColumn({ type: "int" }) id!: number
    @ManyToOne(() => School, { nullable: false }) school!: School
  }
  const dataSource = new DataSource({ ...lab.database.dataSourceOptions(), entities: [School, Student] })
  guardTypeorm(dataSource, guard)
  await dataSource.initialize()
  opened.push({ close: () => dataSource.destroy() })
  await dataSource.synchronize()
  return { lab, model: typeormModel(dataSource) }
}

const orms = [
  ["MikroORM", () => openMikroOrm(false)],
  ["TypeORM", openTypeorm],
] as const

describe.each(orms)("an audit of the entities of %s", (_, open) => {
  it("finds row security off on each table of tenants", async () => {
    const { lab, model } = await open()
    await lab.grant()

    const report = await audit(lab.admin, model, { role: lab.role })

    expect(brief(report).filter(({ severity }) => severity === "error")).toEqual([
      { severity: "error", code: "rls-disabled", table: "public.school" },
      { severity: "error", code: "rls-disabled", table: "public.student" },
    ])
  })

  it("finds nothing after its mends", async () => {
    const { lab, model } = await open()
    await lab.grant()

    const { findings } = await audit(lab.admin, model, { role: lab.role })
    for (const { mend } of findings) await lab.admin.query(mend)

    expect(brief(await audit(lab.admin, model, { role: lab.role }))).toEqual([])
  })

  it("finds nothing where its plan was applied", async () => {
    const { lab, model } = await open()
    await lab.apply(rowSecurity(model).up)
    await lab.grant()

    expect(brief(await audit(lab.admin, model, { role: lab.role }))).toEqual([])
  })
})

describe("an audit of MikroORM's native row security", () => {
  it("finds nothing", async () => {
    const { lab, model } = await openMikroOrm(true)
    await lab.grant()

    expect(brief(await audit(lab.admin, model, { role: lab.role, form: "exists" }))).toEqual([])
  })
})
