import { Client } from "pg"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { rowSecurity } from "../../src/postgres/index.ts"
import { openLab, type Lab } from "./support/lab.ts"
import { column, modelOf, reference, schools, schoolTables, source, table } from "./support/models.ts"

const options = { infer: ["Enrolment"] } as const
let lab: Lab
const clients: Client[] = []

beforeEach(async () => {
  lab = await openLab("postgresql", schoolTables)
})

afterEach(async () => {
  for (const client of clients.splice(0)) await client.end()
  await lab.close()
})

const ids = async (rows: Promise<Record<string, unknown>[]>) => (await rows).map(({ id }) => id)
const app = () => `"${lab.role}"`
const apply = (more: Parameters<typeof rowSecurity>[1] = {}) =>
  lab.apply(rowSecurity(schools, { ...options, ...more }).up)

describe("what the plan closes", () => {
  it("the owner of the tables is held like everybody else", async () => {
    await apply()
    await lab.admin.query(`alter table school owner to ${app()}`)

    expect(await ids(lab.asTenant("1", "select id from school"))).toEqual([1])
  })

  it("without it: the owner sees everything where row security is not forced", async () => {
    await apply({ security: "enable" })
    await lab.admin.query(`alter table school owner to ${app()}`)

    expect(await ids(lab.asTenant("1", "select id from school order by id"))).toEqual([1, 2])
  })

  it("a setting that is over leaves nothing for the next one on the connection", async () => {
    await apply()
    const client = new Client({ connectionString: lab.appUrl! })
    await client.connect()
    clients.push(client)
    await client.query("begin")
    await client.query("select set_config('app.tenant_id', '1', true)")
    await client.query("commit")

    const { rows } = await client.query(
      "select current_setting('app.tenant_id') as left, count(*)::int as rows from school",
    )

    expect(rows).toEqual([{ left: "", rows: 0 }])
  })

  it("a second permissive policy shows nothing without a tenant, with the net", async () => {
    await apply({ restrictive: true })
    await lab.admin.query("create policy everything on school using (true)")

    expect(await ids(lab.asTenant(undefined, "select id from school"))).toEqual([])
  })

  it("a search_path of the session's own gives the functions no other meaning", async () => {
    await apply()
    await lab.admin.query("create schema evil")
    await lab.admin.query("create function evil.current_setting(text, boolean) returns text language sql return '2'")
    await lab.grant("evil")

    expect(
      await ids(lab.asTenant("1", "set local search_path = evil, public, pg_catalog", "select id from school")),
    ).toEqual([1])
  })

  it("a temporary table does not stand in for a parent", async () => {
    await apply()
    const statements = [
      "create temporary table student (id integer, school_id integer, merchant_id integer)",
      "insert into pg_temp.student values (2, 1, 1)",
      "insert into enrolment (id, student_id) values (9, 2)",
    ]

    await expect(lab.asTenant("1", ...statements)).rejects.toMatchObject({ code: "23503" })
  })

  it("a foreign key reaches no foreign row, and a cascade stays within a tenant, where keys include it", async () => {
    const merchant = column("merchant_id")
    const toSchool = reference("school_id", "school", { onDelete: "cascade" })
    const rooms = modelOf(
      schools.tables[0]!,
      table("room", {
        columns: [column("id"), merchant],
        foreignKeys: [toSchool],
        tenant: source("merchantId", merchant),
      }),
    )
    await lab.admin.query(
      "create table room (id integer primary key, merchant_id integer not null, school_id integer not null references school on delete cascade)",
    )
    await lab.grant()
    await lab.apply(rowSecurity(rooms, { foreignKeys: "scoped" }).up)

    await expect(lab.asTenant("1", "insert into room values (1, 1, 2)")).rejects.toMatchObject({ code: "23503" })
  })

  it("TRUNCATE is not granted to the application", async () => {
    await apply()

    await expect(lab.asTenant("1", "truncate enrolment")).rejects.toMatchObject({ code: "42501" })
  })

  it("a cursor, MERGE and ON CONFLICT are held as well", async () => {
    await apply()

    expect(await ids(lab.asTenant("1", "declare c cursor for select id from enrolment", "fetch all from c"))).toEqual([
      1,
    ])
    expect(
      await ids(
        lab.asTenant(
          "1",
          "merge into enrolment e using (values (1), (2)) as given (id) on e.id = given.id when matched then delete returning e.id",
        ),
      ),
    ).toEqual([1])
    await expect(
      lab.asTenant("1", "insert into school values (2, 1) on conflict (id) do update set merchant_id = 1"),
    ).rejects.toMatchObject({ code: "42501" })
  })
})

describe("what it cannot close, and the audit finds", () => {
  it("a superuser sees everything", async () => {
    await apply()

    expect(await ids(lab.admin.query("select id from school order by id").then(({ rows }) => rows))).toEqual([1, 2])
  })

  it("a role with BYPASSRLS sees everything", async () => {
    await apply()
    await lab.admin.query(`alter role ${app()} bypassrls`)

    expect(await ids(lab.asTenant("1", "select id from school order by id"))).toEqual([1, 2])
  })

  it("a view shows what its owner sees; one with security_invoker does not", async () => {
    await apply()
    await lab.admin.query("create view all_schools as select * from school")
    await lab.grant()

    const open = await ids(lab.asTenant("1", "select id from all_schools order by id"))
    await lab.admin.query("alter view all_schools set (security_invoker = true)")
    const closed = await ids(lab.asTenant("1", "select id from all_schools"))

    expect([open, closed]).toEqual([[1, 2], [1]])
  })

  it("a materialised view keeps what its owner saw", async () => {
    await apply()
    await lab.admin.query("create materialized view kept as select * from school")
    await lab.grant()

    expect(await ids(lab.asTenant("1", "select id from kept order by id"))).toEqual([1, 2])
  })

  it("a partition is open to who names it; row security of its own closes it", async () => {
    const merchant = column("merchant_id")
    const events = modelOf(
      table("event", { columns: [column("id"), merchant], primaryKey: ["id"], tenant: source("merchantId", merchant) }),
    )
    await lab.admin.query(
      "create table event (id integer primary key, merchant_id integer not null) partition by range (id)",
    )
    await lab.admin.query("create table event_1 partition of event for values from (0) to (100)")
    await lab.admin.query("insert into event values (1, 1), (2, 2)")
    await lab.grant()
    await lab.apply(rowSecurity(events).up)

    const through = await ids(lab.asTenant("1", "select id from event"))
    const named = await ids(lab.asTenant("1", "select id from event_1 order by id"))
    await lab.admin.query("alter table event_1 enable row level security")
    const closed = await ids(lab.asTenant("1", "select id from event_1"))
    const still = await ids(lab.asTenant("1", "select id from event"))

    expect([through, named, closed, still]).toEqual([[1], [1, 2], [], [1]])
  })

  it("TRUNCATE, once granted, empties the table for every tenant", async () => {
    await apply()
    await lab.admin.query(`grant truncate on enrolment to ${app()}`)

    const left = await lab.asTenant(
      "1",
      "truncate enrolment",
      "select set_config('app.tenant_id', '2', true)",
      "select id from enrolment",
    )

    expect(left).toEqual([])
  })

  it("a plain foreign key finds rows of other tenants, and cascades to them", async () => {
    await lab.admin.query(
      "create table room (id integer primary key, merchant_id integer not null, school_id integer not null references school on delete cascade)",
    )
    await lab.grant()
    const merchant = column("merchant_id")
    const rooms = modelOf(
      schools.tables[0]!,
      table("room", {
        columns: [column("id"), merchant, column("school_id")],
        foreignKeys: [reference("school_id", "school", { onDelete: "cascade" })],
        tenant: source("merchantId", merchant),
      }),
    )
    await lab.apply(rowSecurity(rooms).up)
    await lab.admin.query("delete from enrolment")
    await lab.admin.query("delete from student")
    await lab.admin.query("insert into room values (2, 2, 1)")

    const guessed = await ids(lab.asTenant("1", "insert into room values (1, 1, 2) returning id"))
    const left = await lab.asTenant(
      "1",
      "delete from school where id = 1",
      "select set_config('app.tenant_id', '2', true)",
      "select id from room",
    )

    expect([guessed, left]).toEqual([[1], []])
  })

  it("a second permissive policy opens the table for a tenant", async () => {
    await apply({ restrictive: true })
    await lab.admin.query("create policy everything on school using (true)")

    expect(await ids(lab.asTenant("1", "select id from school order by id"))).toEqual([1, 2])
  })

  it("a unique key tells that a foreign row has a value", async () => {
    await apply()

    await expect(lab.asTenant("1", "insert into school values (2, 1)")).rejects.toMatchObject({ code: "23505" })
  })

  it("a plain setting believes whoever sets it", async () => {
    await apply()

    expect(
      await ids(lab.asTenant("1", "select set_config('app.tenant_id', '2', true)", "select id from school")),
    ).toEqual([2])
  })
})
