import { defineEntity, p } from "@mikro-orm/core"
import { MikroORM } from "@mikro-orm/sql"
import { Client } from "pg"
import { afterEach, describe, expect, it } from "vitest"
import { withFailsafe, type FailsafeOptions } from "../../../src/mikro-orm/index.ts"
import { signedFunctions, tenantFunctions } from "../../../src/postgres/index.ts"
import { withRowSecurity, type NativeRowSecurityOptions } from "../../../src/postgres/mikro-orm/index.ts"
import { refusalOf, rejectionOf } from "../../core/support/refusal.ts"
import { openDatabase, type TestDatabase } from "../../support/databases.ts"

const opened: { close(): Promise<unknown> }[] = []

afterEach(async () => {
  for (const resource of opened.splice(0).toReversed()) await resource.close()
})

const types = {
  int: () => p.integer(),
  bigint: () => p.bigint(),
  text: () => p.text(),
  varchar: () => p.string().length(40),
  char: () => p.character().length(36),
  uuid: () => p.uuid(),
  numeric: () => p.decimal().precision(10).scale(0),
} as const

function entities(type: keyof typeof types = "int", isNullable = false) {
  const School = defineEntity({
    name: "School",
    properties: () => ({
      id: p.integer().primary(),
      merchantId: isNullable ? (types[type]() as ReturnType<typeof types.int>).nullable() : types[type](),
    }),
  } as never) as never
  const Student = defineEntity({
    name: "Student",
    properties: () => ({
      id: p.integer().primary(),
      school: () => (isNullable ? p.manyToOne(School).nullable() : p.manyToOne(School)),
    }),
  })
  const Enrolment = defineEntity({
    name: "Enrolment",
    properties: () => ({ id: p.integer().primary(), student: () => p.manyToOne(Student) }),
  })
  return [School, Student, Enrolment]
}

const guard: FailsafeOptions = { tenantProperty: "merchantId", entities: { Student: "school.merchantId" } }
const inferred: NativeRowSecurityOptions = { infer: ["Enrolment"] }

interface Opening {
  readonly list?: readonly unknown[]
  readonly options?: NativeRowSecurityOptions
  readonly database?: TestDatabase
  readonly config?: object
}

async function open({ list = entities(), options = inferred, database, config: more = {} }: Opening = {}) {
  const on = database ?? (await openDatabase("postgresql"))
  if (database === undefined) opened.push(on)
  const own = (list as readonly { readonly name?: string }[]).some(({ name }) => name === "Student")
    ? guard
    : { tenantProperty: "merchantId" }
  const config = withFailsafe({ ...more, ...on.ormConfig(), entities: list as never }, own)
  const orm = await MikroORM.init(withRowSecurity(config, options))
  opened.push(orm)
  for (const statement of tenantFunctions().up) await orm.em.getConnection().execute(statement)
  return { orm, database: on }
}

const cases: [string, Opening][] = [
  ...Object.keys(types).map((type): [string, Opening] => [
    `a tenant of type ${type}`,
    { list: entities(type as keyof typeof types) },
  ]),
  ...Object.keys(types).map((type): [string, Opening] => [
    `rows of nobody and a tenant of type ${type}`,
    { list: entities(type as keyof typeof types, true) },
  ]),
  ["chains by arrays", { options: { ...inferred, form: "array" } }],
  [
    "sets, shared rows and a net",
    { list: entities("bigint", true), options: { ...inferred, sets: true, restrictive: true } },
  ],
  ["shared rows that may be written", { list: entities("uuid", true), options: { ...inferred, shared: "write" } }],
  [
    "what the application wrote itself, and other switches",
    {
      options: {
        ...inferred,
        security: "enable",
        entities: {
          School: { using: "merchant_id = 1", withCheck: "merchant_id = 1" },
          Student: { security: "disable" },
        },
      },
    },
  ],
]

describe("withRowSecurity", () => {
  it.each(cases)("is in the schema diff until it was applied, with %s", async (_, opening) => {
    const { orm } = await open(opening)

    const first = await orm.schema.getUpdateSchemaSQL()
    await orm.schema.execute(first)

    expect(first.match(/create policy "tenant_failsafe" on "enrolment"/g)).toHaveLength(1)
    expect(await orm.schema.getUpdateSchemaSQL()).toBe("")
  })

  it.each<[string, object, string[]]>([
    ["nothing", {}, ['"legacy"']],
    ["another schema", { ignoreSchema: ["legacy"] }, []],
  ])(
    "leaves functions that verify signatures, and their keys, out of the diff, which ignores %s besides",
    async (_, schemaGenerator, changed) => {
      const { orm, database } = await open({ config: { schemaGenerator } })
      await orm.schema.update()
      await database.sql("create schema legacy")
      await database.sql("create table legacy.leftover (id integer)")
      for (const statement of signedFunctions()) await orm.em.getConnection().execute(statement)

      const diff = await orm.schema.getUpdateSchemaSQL()

      expect([...new Set(diff.match(/"(?:app|legacy)"/g))]).toEqual(changed)
    },
  )

  const inFunctionSchema = defineEntity({
    name: "Own",
    schema: "app",
    properties: { id: p.integer().primary(), merchantId: p.integer() },
  })

  it("refuses a schema for the functions that entities are in, because MikroORM would drop them", async () => {
    const opening = open({ list: [inFunctionSchema], options: {} })

    await expect(opening).rejects.toMatchObject({
      code: "OPTION_INVALID",
      message:
        "functions.schema is 'app', in which Own is stored as well: MikroORM's diff would take the functions away. Give them a schema of " +
        "their own, or set schemaGenerator.ignoreRoutines.",
    })
  })

  it("keeps a schema in the diff that entities and functions share, where MikroORM leaves functions alone", async () => {
    const config = { schemaGenerator: { ignoreRoutines: true } }
    const { orm, database } = await open({ list: [inFunctionSchema], options: {}, config })
    await orm.schema.update()
    await database.sql("alter table app.own add column surplus integer")

    expect(await orm.schema.getUpdateSchemaSQL()).toContain('drop column "surplus"')
  })

  it("is added to a schema that is there without it", async () => {
    const { database } = await open()
    const list = entities()
    const plain = await MikroORM.init({ ...database.ormConfig(), entities: list as never })
    await plain.schema.create()
    await plain.close()
    const { orm } = await open({ database })

    await orm.schema.update()

    const flags = await database.sql(
      "select relname, relforcerowsecurity as forced from pg_class where relkind = 'r' and relrowsecurity order by 1",
    )
    expect(flags.map(({ relname, forced }) => [relname, forced])).toEqual([
      ["enrolment", true],
      ["school", true],
      ["student", true],
    ])
    expect(await orm.schema.getUpdateSchemaSQL()).toBe("")
  })

  it("holds for a role that owns nothing", async () => {
    const { orm, database } = await open()
    await orm.schema.create()
    for (const table of ["school", "student", "enrolment"])
      await database.sql(`insert into ${table} select n, n from generate_series(1, 2) n`)
    const role = `native_${database.ormConfig().clientUrl!.slice(-8)}`
    await database.sql(`create role ${role} login password 'app'`)
    await database.sql(`grant select, insert on all tables in schema public to ${role}`)
    const url = new URL(database.ormConfig().clientUrl!)
    url.username = role
    url.password = "app"
    const app = new Client({ connectionString: url.href })
    await app.connect()
    opened.push({
      async close() {
        await app.end()
        await database.sql(`drop owned by ${role}`)
        await database.sql(`drop role ${role}`)
      },
    })

    const unset = await app.query("select id from enrolment")
    await app.query("begin")
    await app.query("select set_config('app.tenant_id', '2', true)")
    const own = await app.query("select id from enrolment")

    expect([unset.rows, own.rows]).toEqual([[], [{ id: 2 }]])
    await expect(app.query("insert into enrolment values (9, 1)")).rejects.toMatchObject({ code: "42501" })
  })

  it("keeps the policies that an entity declares itself", async () => {
    const Note = defineEntity({
      name: "Note",
      policies: [{ name: "auditors", command: "select", using: "current_user = 'auditor'" }],
      properties: { id: p.integer().primary(), merchantId: p.integer() },
    })
    const { orm, database } = await open({ list: [Note, ...entities()] })
    await orm.schema.create()

    const names = await database.sql("select polname from pg_policy where polrelid = 'note'::regclass order by 1")

    expect(names).toEqual([{ polname: "auditors" }, { polname: "tenant_failsafe" }])
  })

  it("declares each policy once for entities that two instances share", async () => {
    const list = entities()
    const { database } = await open({ list })

    const { orm } = await open({ list, database })
    await orm.schema.create()

    expect(await orm.schema.getUpdateSchemaSQL()).toBe("")
  })

  it("is the same configuration when it is given the same options again", async () => {
    const config = withRowSecurity(withFailsafe({ entities: [] }, guard), inferred)

    expect(withRowSecurity(config, { infer: ["Enrolment"] })).toBe(config)
  })

  it.each<[string, () => unknown, string]>([
    [
      "a configuration that is not guarded",
      () => withRowSecurity({ entities: [] }),
      "Guard the configuration first: withRowSecurity(withFailsafe(config, { tenantProperty })).",
    ],
    [
      "other options for the same configuration",
      () => withRowSecurity(withRowSecurity(withFailsafe({}, guard), inferred), {}),
      "This configuration has row security already, with other options. Call withRowSecurity once.",
    ],
    [
      "foreign keys that MikroORM would take away",
      () => withRowSecurity(withFailsafe({}, guard), { foreignKeys: "scoped" } as object),
      'foreignKeys: "scoped" is nothing that MikroORM\'s schema can hold: its next diff would take it away. Map the tenant ' +
        "column as a property of the entity and declare it as its tenant, or write the plan of rowSecurity as a migration.",
    ],
  ])("refuses %s", (_, run, message) => {
    expect(refusalOf(run)).toMatchObject({ code: "OPTION_INVALID", message })
  })

  it("refuses columns that MikroORM would take away", async () => {
    const refused = rejectionOf(open({ options: { ...inferred, entities: { Enrolment: { form: "denormalise" } } } }))

    expect((await refused).message).toMatch(
      /^Enrolment cannot be denormalised|^entities\.Enrolment\.form: "denormalise" is nothing/,
    )
  })

  it("refuses a driver without row level security", async () => {
    const database = await openDatabase("sqlite")
    opened.push(database)

    const config = withFailsafe({ ...database.ormConfig(), entities: entities() as never }, guard)

    expect(await rejectionOf(MikroORM.init(withRowSecurity(config, inferred)))).toMatchObject({
      code: "UNSUPPORTED_ORM",
    })
  })
})
