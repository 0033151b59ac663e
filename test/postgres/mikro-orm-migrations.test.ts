import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { defineEntity, p } from "@mikro-orm/core"
import { Migrator } from "@mikro-orm/migrations"
import { MikroORM } from "@mikro-orm/sql"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { withFailsafe } from "../../src/mikro-orm/index.ts"
import { tenantModel } from "../../src/mikro-orm/tenant-model.ts"
import { rowSecurity, rowSecurityChanges, rowSecurityMigration, tenantFunctions } from "../../src/postgres/index.ts"
import { withRowSecurity } from "../../src/postgres/mikro-orm/index.ts"
import { openLab, type Lab } from "./support/lab.ts"
import { schoolTables } from "./support/models.ts"
import { snapshot } from "./support/snapshot.ts"

// Before whatever MikroORM writes: it runs them in the order of their names.
const at = new Date("2020-01-01T12:00:00Z")
const options = { infer: ["Enrolment"] } as const
const idsOfEnrolments = "select id from enrolment order by id"
const nodeModules = join(import.meta.dirname, "../../node_modules")

let lab: Lab
let folder: string
let orm: MikroORM

beforeEach(async () => {
  lab = await openLab("postgresql")
  folder = await mkdtemp(join(tmpdir(), "tenant-failsafe-migrations-"))
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }))
  // So that a migration finds the package that it imports, as it does in an application.
  await symlink(nodeModules, join(folder, "node_modules"), "dir")
})

afterEach(async () => {
  await orm?.close()
  await lab.close()
  await rm(folder, { recursive: true })
})

/** New entity classes at each call, because MikroORM keeps state of an instance on the prototypes of its entities. */
function entities() {
  const School = defineEntity({
    name: "School",
    properties: { id: p.integer().primary(), merchantId: p.integer() },
  })
  const Student = defineEntity({
    name: "Student",
    properties: { id: p.integer().primary(), school: () => p.manyToOne(School) },
  })
  const Enrolment = defineEntity({
    name: "Enrolment",
    properties: {
      id: p.integer().primary(),
      student: () => p.manyToOne(Student).deleteRule("cascade"),
      term: p.text().nullable(),
    },
  })
  return [School, Student, Enrolment]
}

async function open(
  declare: <Config extends object>(config: Config) => Config = (config) => config,
): Promise<MikroORM> {
  const config = {
    ...lab.database.ormConfig(),
    entities: entities(),
    extensions: [Migrator],
    migrations: { path: folder, pathTs: folder, snapshot: false, silent: true },
  }
  const guarded = withFailsafe(config, { tenantProperty: "merchantId", entities: { Student: "school.merchantId" } })
  orm = await MikroORM.init(declare(guarded))
  return orm
}

async function addRows(): Promise<void> {
  await lab.apply(schoolTables.filter((statement) => statement.startsWith("insert")))
  await lab.grant()
}

async function write(plan: { readonly up: readonly string[]; readonly down: readonly string[] }): Promise<void> {
  const { fileName, text } = rowSecurityMigration(plan, { orm: "mikro-orm", at })
  await writeFile(join(folder, fileName), text)
}

const policies = async () =>
  (await lab.database.sql("select tablename, policyname from pg_policies order by 1, 2")).map(
    ({ tablename, policyname }) => `${String(tablename)} ${String(policyname)}`,
  )

describe("rowSecurityMigration, run by @mikro-orm/migrations", () => {
  it("confines the rows of a role that owns nothing", async () => {
    const { migrator, schema } = await open()
    await schema.create()
    await addRows()
    await write(rowSecurity(tenantModel(orm), options))

    await migrator.up()

    expect(await lab.asTenant("2", idsOfEnrolments)).toEqual([{ id: 2 }])
    expect(await lab.asTenant(undefined, idsOfEnrolments)).toEqual([])
    await expect(lab.asTenant("2", "insert into enrolment values (9, 1)")).rejects.toThrow("tenant-failsafe")
  })

  it("leaves nothing to do, and is one of the migrations that were executed", async () => {
    const { migrator, schema } = await open()
    await schema.create()
    await write(rowSecurity(tenantModel(orm), options))

    await migrator.up()

    expect((await rowSecurityChanges(lab.admin, tenantModel(orm), options)).up).toEqual([])
    expect((await migrator.getExecuted()).map(({ name }) => name)).toEqual(["Migration20200101120000_RowSecurity"])
    expect(await migrator.getPending()).toEqual([])
  })

  it("is taken back by down", async () => {
    const { migrator, schema } = await open()
    await schema.create()
    await new Migrator(orm.em).getStorage().ensureTable()
    await write(rowSecurity(tenantModel(orm), options))
    const before = await snapshot(lab.admin)

    await migrator.up()
    await migrator.down()

    expect(await snapshot(lab.admin)).toEqual(before)
  })
})

describe("withRowSecurity, with @mikro-orm/migrations", () => {
  const guardRows = <Config extends object>(config: Config) => withRowSecurity(config, options)

  async function migrated() {
    const { migrator } = await open(guardRows)
    await write(tenantFunctions())
    const { fileName } = await migrator.create()
    await migrator.up()
    await addRows()
    return { migrator, text: await readFile(join(folder, fileName), "utf8") }
  }

  it("is in the migration that MikroORM writes, and confines the rows of a role that owns nothing", async () => {
    const { text } = await migrated()

    expect(text.match(/create policy "tenant_failsafe" on "enrolment"/g)).toHaveLength(1)
    expect(await lab.asTenant("2", idsOfEnrolments)).toEqual([{ id: 2 }])
    expect(await lab.asTenant(undefined, idsOfEnrolments)).toEqual([])
    await expect(lab.asTenant("2", "insert into enrolment values (9, 1)")).rejects.toMatchObject({ code: "42501" })
  })

  it("leaves MikroORM nothing to migrate", async () => {
    const { migrator } = await migrated()

    expect(await migrator.checkSchema()).toBe(false)
    expect(await orm.schema.getUpdateSchemaSQL()).toBe("")
    expect((await migrator.create()).diff).toEqual({ up: [], down: [] })
  })

  it("is added to a schema that was migrated without it, and taken back by down", async () => {
    const { migrator: plain } = await open()
    await plain.create()
    await plain.up()
    await orm.close()
    await write(tenantFunctions())
    const { migrator } = await open(guardRows)
    await migrator.up()
    const before = await snapshot(lab.admin)

    // Under a name of its own: both may be written within a second, after which MikroORM names them.
    await migrator.create(undefined, false, false, "GuardRows")
    await migrator.up()
    const added = await policies()
    await migrator.down()

    expect(added).toEqual(["enrolment tenant_failsafe", "school tenant_failsafe", "student tenant_failsafe"])
    expect(await snapshot(lab.admin)).toEqual(before)
  })
})
