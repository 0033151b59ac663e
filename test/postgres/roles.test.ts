import { Client } from "pg"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { rolesSql, rowSecurity } from "../../src/postgres/index.ts"
import { refusalOf } from "../core/support/refusal.ts"
import { openLab, type Lab } from "./support/lab.ts"
import { schools, schoolTables } from "./support/models.ts"

let lab: Lab
let names: { migrator: string; owner: string; app: string; schema: string; database: string }
const clients: Client[] = []

beforeEach(async () => {
  lab = await openLab("postgresql", schoolTables)
  const [row] = await lab.database.sql("select current_database() as name")
  const [migrator, owner, app] = ["migrator", "owner", "app"].map((role) => `${role}_${lab.role}`) as [
    string,
    string,
    string,
  ]
  names = { migrator, owner, app, schema: "public", database: String(row!["name"]) }
})

afterEach(async () => {
  for (const client of clients.splice(0)) await client.end()
  for (const role of [names.app, names.migrator, names.owner]) {
    await lab.admin.query(`drop owned by "${role}" cascade`)
    await lab.admin.query(`drop role "${role}"`)
  }
  await lab.close()
})

/** Connects as a role of which nobody has told the password but this test. */
async function connect(role: string): Promise<Client> {
  await lab.admin.query(`alter role "${role}" password 'test'`)
  const url = new URL(lab.database.ormConfig().clientUrl!)
  url.username = role
  url.password = "test"
  const client = new Client({ connectionString: url.href })
  await client.connect()
  clients.push(client)
  return client
}

async function install(): Promise<void> {
  await lab.apply(rolesSql(names))
  for (const name of ["school", "student", "enrolment"])
    await lab.admin.query(`alter table ${name} owner to "${names.owner}"`)
}

describe("rolesSql", () => {
  it("makes three roles with what each may do, twice as well as once", async () => {
    await install()
    await lab.apply(rolesSql(names))

    const roles = await lab.database.sql(
      "select rolname, rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname = any($1) order by 1",
      [[names.app, names.migrator, names.owner]],
    )

    const none = { rolsuper: false, rolcreaterole: false, rolcreatedb: false }
    expect(roles).toEqual([
      { ...none, rolname: names.app, rolcanlogin: true, rolbypassrls: false },
      { ...none, rolname: names.migrator, rolcanlogin: true, rolbypassrls: true },
      { ...none, rolname: names.owner, rolcanlogin: false, rolbypassrls: false },
    ])
  })

  it("lets the migrator apply a plan, repeat it and take it back", async () => {
    await install()
    const migrator = await connect(names.migrator)
    const { up, down } = rowSecurity(schools, { infer: ["Enrolment"], foreignKeys: "scoped" })

    for (const statements of [up, up, down, up]) {
      await migrator.query("begin")
      for (const statement of statements) await migrator.query(statement)
      await migrator.query("commit")
    }

    const app = await connect(names.app)
    await app.query("begin")
    await app.query("select set_config('app.tenant_id', '1', true)")
    expect((await app.query("select id, merchant_id from enrolment")).rows).toEqual([{ id: 1, merchant_id: 1 }])
  })

  it("gives the application the tables of later migrations", async () => {
    await install()
    const migrator = await connect(names.migrator)
    await migrator.query("create table note (id serial primary key)")
    const app = await connect(names.app)

    expect((await app.query("insert into note default values returning id")).rows).toEqual([{ id: 1 }])
  })

  it.each([
    "truncate enrolment",
    "create temporary table secrets (id int)",
    "create table mine (id int)",
    "create schema mine",
    "alter table enrolment disable row level security",
    "drop policy tenant_failsafe on school",
    "create policy all_of_it on school using (true)",
    "create or replace function app.tenant() returns text language sql as $$ select '1' $$",
    "alter role current_user bypassrls",
    'set role "MIGRATOR"',
    'set role "OWNER"',
  ])("does not let the application: %s", async (statement) => {
    await install()
    await lab.apply(rowSecurity(schools, { infer: ["Enrolment"] }).up)
    const app = await connect(names.app)

    const refused = app.query(statement.replace("MIGRATOR", names.migrator).replace("OWNER", names.owner))

    await expect(refused).rejects.toMatchObject({ code: "42501" })
  })

  it("has no password in it", async () => {
    await install()

    expect(rolesSql({ ...names }).join("\n")).not.toMatch(/password/i)
  })

  it("refuses one role for two purposes", async () => {
    await install()
    const refused = refusalOf(() => rolesSql({ ...names, app: names.owner }))

    expect(refused.message).toBe(
      "migrator, owner and app must be three roles: one that is both is not held by row security.",
    )
  })
})
