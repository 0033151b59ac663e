import { afterEach, describe, expect, it } from "vitest"
import type { TenantModel } from "../../src/core/tenant-model.ts"
import { rowSecurity, type RowSecurityOptions } from "../../src/postgres/index.ts"
import { openLab, type Lab } from "./support/lab.ts"
import {
  column,
  enrolment,
  modelOf,
  reference,
  school,
  schools,
  schoolTables,
  source,
  student,
  table,
} from "./support/models.ts"

const opened: Lab[] = []

afterEach(async () => {
  for (const lab of opened.splice(0)) await lab.close()
})

async function open(
  options: RowSecurityOptions = { infer: ["Enrolment"] },
  model: TenantModel = schools,
  tables: readonly string[] = schoolTables,
): Promise<Lab> {
  const lab = await openLab("postgresql", tables)
  opened.push(lab)
  await lab.apply(rowSecurity(model, options).up)
  return lab
}

describe("a denormalised tenant column", () => {
  it("is filled for the rows that are there, at every level", async () => {
    const lab = await open()

    expect(await lab.database.sql("select id, merchant_id from enrolment order by id")).toEqual([
      { id: 1, merchant_id: 1 },
      { id: 2, merchant_id: 2 },
    ])
  })

  it("is filled by the database, for writers who do not know it", async () => {
    const lab = await open()

    await lab.admin.query("insert into student values (5, 2)")
    await lab.admin.query("insert into enrolment (id, student_id) values (5, 5)")

    expect(await lab.database.sql("select merchant_id from enrolment where id = 5")).toEqual([{ merchant_id: 2 }])
  })

  it("believes no writer who names another tenant", async () => {
    const lab = await open()

    const rows = await lab.asTenant(
      "1",
      "insert into enrolment (id, student_id, merchant_id) values (5, 1, 2)",
      "update enrolment set merchant_id = 2",
      "select id, merchant_id from enrolment order by id",
    )

    expect(rows).toEqual([
      { id: 1, merchant_id: 1 },
      { id: 5, merchant_id: 1 },
    ])
  })

  it("follows a row to another parent", async () => {
    const lab = await open()

    await lab.admin.query("update enrolment set student_id = 2 where id = 1")

    expect(await lab.database.sql("select merchant_id from enrolment where id = 1")).toEqual([{ merchant_id: 2 }])
  })

  it("goes with a parent that moves to another tenant, through every level", async () => {
    const lab = await open()

    await lab.admin.query("update school set merchant_id = 7 where id = 1")

    expect(await lab.database.sql("select merchant_id from enrolment where id = 1")).toEqual([{ merchant_id: 7 }])
  })

  it("goes with it where row security holds for the owner, in whose name PostgreSQL cascades", async () => {
    const lab = await open()
    for (const name of ["school", "student", "enrolment"])
      await lab.admin.query(`alter table ${name} owner to "${lab.role}"`)

    await lab.admin.query("update school set merchant_id = 7 where id = 1")

    expect(await lab.database.sql("select merchant_id from enrolment where id = 1")).toEqual([{ merchant_id: 7 }])
  })

  it("lets no row refer to a foreign parent, not even past the trigger", async () => {
    const lab = await open()
    await lab.admin.query("alter table enrolment disable trigger user")

    const refused = lab.admin.query("update enrolment set merchant_id = 2 where id = 1")

    await expect(refused).rejects.toMatchObject({ code: "23503" })
  })

  it("deletes with its parent, as the reference says", async () => {
    const lab = await open()

    expect(await lab.asTenant("1", "delete from student where id = 1", "select id from enrolment")).toEqual([])
  })

  it("loses its reference and keeps its tenant, where the reference says so", async () => {
    const toSchool = reference("school_id", "school", { isNullable: true, onDelete: "set null" })
    const model = modelOf(
      school,
      table("room", {
        columns: [column("id"), column("school_id", "integer", true)],
        foreignKeys: [toSchool],
        tenant: source("school.merchantId", column("merchant_id"), toSchool),
      }),
    )
    const lab = await open({}, model, [
      "create table school (id integer primary key, merchant_id integer not null)",
      "create table room (id integer primary key, school_id integer references school on delete set null)",
      "insert into school values (1, 1)",
      "insert into room values (1, 1)",
    ])

    await lab.admin.query("delete from school")

    expect(await lab.database.sql("select id, school_id from room")).toEqual([{ id: 1, school_id: null }])
  })

  it("may be a column that the application has mapped", async () => {
    const mapped = { ...enrolment, columns: [...enrolment.columns, column("owner_id")] }
    const options = { infer: ["Enrolment"], entities: { Enrolment: { column: "owner_id" } } }
    const lab = await open(options, modelOf(school, student, mapped), [
      ...schoolTables,
      "alter table enrolment add column owner_id integer",
    ])

    expect(await lab.asTenant("1", "select id, owner_id from enrolment")).toEqual([{ id: 1, owner_id: 1 }])
    await lab.apply(rowSecurity(modelOf(school, student, mapped), options).down)
    expect(await lab.database.sql("select count(owner_id)::int as filled from enrolment")).toEqual([{ filled: 2 }])
  })

  it("follows references of several columns", async () => {
    const key = reference("", "room", { columns: ["house", "number"], targetColumns: ["house", "number"] })
    const merchant = column("merchant_id", "uuid")
    const model = modelOf(
      table("room", {
        columns: [column("house"), column("number"), merchant],
        primaryKey: ["house", "number"],
        tenant: source("merchantId", merchant),
      }),
      table("booking", { columns: [column("id"), column("house"), column("number")], foreignKeys: [key] }),
    )
    const [a, b] = ["00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"]
    const lab = await open({ infer: ["Booking"] }, model, [
      "create table room (house integer, number integer, merchant_id uuid not null, primary key (house, number))",
      "create table booking (id integer primary key, house integer not null, number integer not null, " +
        "foreign key (house, number) references room)",
      `insert into room values (1, 1, '${a}'), (1, 2, '${b}')`,
      "insert into booking values (1, 1, 1), (2, 1, 2)",
    ])

    expect(await lab.asTenant(a.toUpperCase(), "select id from booking")).toEqual([{ id: 1 }])
  })

  it("is not filled in silence by an owner who does not see the rows", async () => {
    const lab = await open({ form: "exists", infer: ["Enrolment"] })
    const role = `"${lab.role}"`
    for (const name of ["school", "student", "enrolment"]) await lab.admin.query(`alter table ${name} owner to ${role}`)
    await lab.admin.query(`grant create on schema public to ${role}`)
    await lab.admin.query(`alter schema app owner to ${role}`)
    await lab.admin.query(`alter function app.tenant owner to ${role}`)
    await lab.admin.query(`alter function app.tenants owner to ${role}`)
    const { up } = rowSecurity(schools, { infer: ["Enrolment"] })

    const refused = lab.asTenant(undefined, ...up.filter((statement) => !statement.startsWith("create schema")))

    await expect(refused).rejects.toMatchObject({
      code: "42501",
      message: expect.stringContaining("row-level security"),
    })
  })
})

describe("foreign keys with the tenant", () => {
  const merchant = column("merchant_id")
  const toAddress = reference("address_id", "address")
  const orders = modelOf(
    table("address", { columns: [column("id"), merchant], tenant: source("merchantId", merchant) }),
    table("purchase", {
      columns: [column("id"), column("address_id"), merchant],
      foreignKeys: [toAddress],
      tenant: source("merchantId", merchant),
    }),
  )
  const tables = [
    "create table address (id integer primary key, merchant_id integer not null)",
    "create table purchase (id integer primary key, address_id integer not null references address, merchant_id integer not null)",
    "insert into address values (1, 1), (2, 2)",
  ]

  it.each([
    ["plain", []],
    ["scoped", ["23503"]],
  ] as const)("guessing the key of a foreign row, with %s ones", async (foreignKeys, codes) => {
    const lab = await open({ foreignKeys }, orders, tables)

    const refusals = await lab
      .asTenant("1", "insert into purchase values (1, 2, 1)")
      .then(() => [])
      .catch((error: { code: string }) => [error.code])

    expect(refusals).toEqual(codes)
  })

  it("leave references to rows that may be shared as they are, and say so", () => {
    const maybe = column("merchant_id", "integer", true)
    const model = modelOf(
      table("address", { columns: [column("id"), maybe], tenant: source("merchantId", maybe) }),
      orders.tables[1]!,
    )

    const { notes, up } = rowSecurity(model, { foreignKeys: "scoped" })

    expect(up.filter((statement) => statement.includes("foreign key"))).toEqual([])
    expect(notes).toEqual([
      "purchase.address_id stays as it is: rows of address may be shared, and a foreign key with the tenant would refuse " +
        "references to them.",
    ])
  })

  it("cannot be made where a row refers to a foreign one already", async () => {
    const refused = open({ foreignKeys: "scoped" }, orders, [...tables, "insert into purchase values (1, 2, 1)"])

    await expect(refused).rejects.toMatchObject({ code: "23503" })
  })
})
