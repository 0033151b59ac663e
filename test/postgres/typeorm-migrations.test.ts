import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DataSource, EntitySchema, type EntitySchemaRelationOptions } from "typeorm"
import { DataSource as OlderDataSource, EntitySchema as OlderEntitySchema } from "typeorm-0.3"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { rowSecurity, rowSecurityMigration, type RowSecurityOptions } from "../../src/postgres/index.ts"
import { openLab, type Lab } from "./support/lab.ts"
import { modelOf, school, schools } from "./support/models.ts"
import { snapshot } from "./support/snapshot.ts"

const at = new Date("2026-11-22T12:00:00Z")
const idsOfEnrolments = "select id from enrolment order by id"
const nodeModules = join(import.meta.dirname, "../../node_modules")

let lab: Lab
let folder: string
let source: DataSource | undefined

beforeEach(async () => {
  lab = await openLab("postgresql")
  folder = await mkdtemp(join(tmpdir(), "tenant-failsafe-migrations-"))
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }))
  await symlink(nodeModules, join(folder, "node_modules"), "dir")
})

afterEach(async () => {
  await source?.destroy()
  await lab.close()
  await rm(folder, { recursive: true })
})

type Relations = Record<string, EntitySchemaRelationOptions>

function reference(name: string, onDelete?: "CASCADE"): Relations {
  const target = name.replace(/^./, (first) => first.toUpperCase())
  const joinColumn = { name: `${name}_id` }
  return { [name]: { type: "many-to-one", target, joinColumn, nullable: false, ...(onDelete && { onDelete }) } }
}

/** What `schools` describes. */
function entities(Schema: typeof EntitySchema): EntitySchema[] {
  const id = { type: "int", primary: true } as const
  const columns = { id, merchantId: { type: "int", name: "merchant_id" } } as const
  const withTerm = { id, term: { type: "text", nullable: true } } as const
  return [
    new Schema({ name: "School", tableName: "school", columns, indices: [{ columns: ["merchantId"] }] }),
    new Schema({ name: "Student", tableName: "student", columns: { id }, relations: reference("school") }),
    new Schema({
      name: "Enrolment",
      tableName: "enrolment",
      columns: withTerm,
      relations: reference("student", "CASCADE"),
    }),
  ]
}

const indexed = modelOf(...schools.tables.map((of) => (of === school ? { ...of, indexes: [["merchant_id"]] } : of)))

type Versions = readonly [source: typeof DataSource, schema: typeof EntitySchema]

const versions: [string, Versions][] = [
  ["1.1", [DataSource, EntitySchema]],
  ["0.3", [OlderDataSource, OlderEntitySchema] as unknown as Versions],
]

/** The tables are as TypeORM makes them; the migration is read from its file, as TypeORM's command line does. */
async function open([Source, Schema]: Versions, options: RowSecurityOptions): Promise<DataSource> {
  const { fileName, text } = rowSecurityMigration(rowSecurity(indexed, options), { orm: "typeorm", at })
  await writeFile(join(folder, fileName), text)
  const connection = lab.database.dataSourceOptions() as { readonly type: "postgres" }
  source = new Source({ ...connection, entities: entities(Schema), migrations: [join(folder, "*.ts")] })
  await source.initialize()
  await source.synchronize()
  await lab.apply([
    "insert into school values (1, 1), (2, 2)",
    "insert into student (id, school_id) values (1, 1), (2, 2)",
    "insert into enrolment (id, student_id) values (1, 1), (2, 2)",
  ])
  await lab.grant()
  return source
}

const denormalised: RowSecurityOptions = { infer: ["Enrolment"] }
const lookedUp: RowSecurityOptions = { infer: ["Enrolment"], form: "exists" }

describe.each(versions)("rowSecurityMigration, run by TypeORM %s from its file", (_, typeorm) => {
  it("confines the rows of a role that owns nothing, and is taken back", async () => {
    const dataSource = await open(typeorm, denormalised)
    await dataSource.query(
      "create table migrations (id serial primary key, timestamp bigint not null, name varchar not null)",
    )
    const before = await snapshot(lab.admin)

    const [run] = await dataSource.runMigrations()
    const seen = [await lab.asTenant("2", idsOfEnrolments), await lab.asTenant(undefined, idsOfEnrolments)]
    await dataSource.undoLastMigration()

    expect([run?.name, ...seen]).toEqual(["RowSecurity1795348800000", [{ id: 2 }], []])
    expect(await snapshot(lab.admin)).toEqual(before)
  })

  it("leaves TypeORM's schema diff nothing to do where no column was added", async () => {
    const dataSource = await open(typeorm, lookedUp)

    await dataSource.runMigrations()

    const { upQueries } = await dataSource.driver.createSchemaBuilder().log()
    expect(upQueries.map(({ query }) => query)).toEqual([])
  })
})
