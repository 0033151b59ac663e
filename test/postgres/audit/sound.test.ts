import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { rolesSql, rowSecurity, signedFunctions, type RowSecurityOptions } from "../../../src/postgres/index.ts"
import type { TenantModel } from "../../../src/core/tenant-model.ts"
import { openLab, type Lab } from "../support/lab.ts"
import { column, modelOf, schools, schoolTables, source, table } from "../support/models.ts"
import { audit } from "../../../src/postgres/audit/audit.ts"
import { brief, openShop, seeded, type Seeded } from "./support/shop.ts"

const own = "merchant_id = (select app.tenant()::integer)"

/** What looks like a fault, and is none. */
const sound: readonly (readonly [name: string, ...statements: string[]])[] = [
  [
    "a policy for all with a restrictive one that compares the tenant",
    "alter policy tenant_failsafe on school using (true) with check (true)",
    `create policy net on school as restrictive using (${own}) with check (${own})`,
  ],
  ["a policy for all of another role", "create policy all_of_it on school to pg_monitor using (true)"],
  [
    "a policy without WITH CHECK that shows own rows only",
    "drop policy tenant_failsafe on school",
    `create policy tenant_failsafe on school using (${own})`,
  ],
  [
    "a policy for each command",
    "drop policy tenant_failsafe on school",
    `create policy a on school for select using (${own})`,
    `create policy b on school for insert with check (${own})`,
    `create policy c on school for update using (${own}) with check (${own})`,
    `create policy d on school for delete using (${own})`,
  ],
  [
    "no policy for a command that is not granted",
    "drop policy tenant_failsafe on school",
    `create policy a on school for select using (${own})`,
    "revoke insert, update, delete on school from :app",
  ],
  [
    "a policy that relies on those of the parent",
    "alter policy tenant_failsafe on student using (exists (select from school where school.id = student.school_id))",
  ],
  [
    "a chain with an array",
    `alter policy tenant_failsafe on student using (school_id = any(array(select id from school where ${own})))`,
  ],
  [
    "a view of an owner for whom row security holds",
    "create role zz_owner",
    "grant select on school to zz_owner",
    "create view schools as select * from school",
    "alter view schools owner to zz_owner",
    "grant select on schools to :app",
  ],
  ["a view that the application may not read", "create view schools as select * from school"],
  [
    "a view of what is nobody's",
    "create view currencies as select * from currency",
    "grant select on currencies to :app",
  ],
  [
    "a materialized view that the application may not read",
    "create materialized view totals as select count(*) from school",
  ],
  [
    "a function that pins its search_path",
    "create function f() returns bigint language sql security definer set search_path = pg_catalog, public, pg_temp as 'select 1'",
  ],
  [
    "a function with an empty search_path",
    "create function f() returns bigint language sql security definer set search_path = '' as 'select 1'",
  ],
  ["a function whose names are bound", "create function f() returns bigint language sql security definer return 1"],
  [
    "a function that the application may not call",
    "create function f() returns bigint language sql security definer as 'select 1'",
    "revoke execute on function f() from public",
  ],
  [
    "a role that it inherits from and cannot become",
    "create role zz_admin bypassrls",
    "grant zz_admin to :app with inherit true, set false",
  ],
  ["a role without more rights", "create role zz_group", "grant zz_group to :app"],
  [
    "a partition with row security",
    "grant select on event_1 to :app",
    "alter table event_1 enable row level security",
    "alter table event_1 force row level security",
  ],
  ["a table without an entity that the application may not use", "create table legacy (merchant_id integer)"],
  [
    "a table without an entity with row security",
    "create table legacy (merchant_id integer)",
    "alter table legacy enable row level security",
    "grant select on legacy to :app",
  ],
  [
    "a table without an entity in another schema",
    "create schema zz_other",
    "create table zz_other.legacy (merchant_id integer)",
    "grant select on zz_other.legacy to :app",
  ],
  [
    "unique keys with the tenant, and with what leads to it",
    "alter table school add unique (merchant_id, id)",
    "alter table student add seat integer, add unique (school_id, seat)",
  ],
  [
    "a unique key that a foreign key needs",
    "alter table school add code text unique",
    "alter table currency add school_code text references school (code)",
    "revoke select on currency from :app",
  ],
  ["functions that verify signatures", ...signedFunctions()],
  ["an index of several columns that starts with the tenant", "create index on notice (merchant_id, id)"],
]

describe.each(["postgresql", "pglite"] as const)("an audit on %s", (kind) => {
  let lab: Lab

  beforeAll(async () => {
    lab = await openShop(kind)
  })

  afterAll(() => lab.close())

  it.each(sound)("has nothing to say about %s", async (_, ...statements) => {
    expect(brief(await seeded(lab, statements, (seed) => seed.audit()))).toEqual([])
  })

  it.each(sound)("is right about %s: the application sees no foreign row", async (_, ...statements) => {
    expect(await seeded(lab, statements, (seed) => seed.foreignRows())).toEqual([])
  })
})

const text = column("tenant", "varchar(20)")
const notes: TenantModel = modelOf(table("note", { columns: [column("id"), text], tenant: source("tenant", text) }))

const plans: readonly (readonly [
  name: string,
  model: TenantModel,
  options: RowSecurityOptions,
  tables: readonly string[],
])[] = [
  ["a denormalised chain with scoped keys", schools, { infer: ["Enrolment"], foreignKeys: "scoped" }, schoolTables],
  ["EXISTS", schools, { infer: ["Enrolment"], form: "exists" }, schoolTables],
  ["arrays", schools, { infer: ["Enrolment"], form: "array" }, schoolTables],
  ["sets and a net", schools, { infer: ["Enrolment"], form: "exists", sets: true, restrictive: true }, schoolTables],
  ["a text", notes, {}, ["create table note (id integer primary key, tenant varchar(20) not null)"]],
  [
    "a domain",
    notes,
    {},
    ["create domain tenant_name as text", "create table note (id integer primary key, tenant tenant_name not null)"],
  ],
  [
    "rows that everybody may write",
    modelOf(
      table("note", {
        columns: [column("id"), column("tenant", "text", true)],
        tenant: source("tenant", column("tenant", "text", true)),
      }),
    ),
    { shared: "write" },
    ["create table note (id integer primary key, tenant text)"],
  ],
  [
    "conditions of the application's own",
    notes,
    { entities: { Note: { using: "true", withCheck: "id > 0" } } },
    ["create table note (id integer primary key, tenant text not null)"],
  ],
  [
    "row security that does not hold for the owner",
    notes,
    { security: "enable" },
    ["create table note (id integer primary key, tenant text not null)"],
  ],
  [
    "row security that is switched off",
    notes,
    { security: "disable" },
    ["create table note (id integer primary key, tenant text not null)"],
  ],
]

describe("an audit", () => {
  it.each(plans)("has nothing to say about a plan with %s", async (_, model, options, tables) => {
    const lab = await openLab("postgresql", [...tables, ...rowSecurity(model, options).up])

    const report = await audit(lab.admin, model, { ...options, role: lab.role })
    await lab.close()

    expect(brief(report)).toEqual([])
  })

  it("takes a chain that is written as EXISTS for what a plan with a column would do", async () => {
    const lab = await openLab("postgresql", [
      ...schoolTables,
      ...rowSecurity(schools, { infer: ["Enrolment"], form: "exists" }).up,
    ])

    const report = await audit(lab.admin, schools, { infer: ["Enrolment"], role: lab.role })
    await lab.close()

    expect(brief(report)).toEqual([])
  })
})

describe("the roles that are recommended", () => {
  const names = { migrator: "zz_migrator", owner: "zz_owner" }

  async function withRoles<Result>(look: (seed: Seeded) => Promise<Result>): Promise<Result> {
    const lab = await openShop("postgresql")
    const [row] = await lab.database.sql("select current_database() as name")
    const database = String(row!["name"])
    const hand = ["school", "student", "enrolment", "notice", "event", "event_1", "currency"].map(
      (name) => `alter table ${name} owner to zz_owner`,
    )
    const roles = rolesSql({ ...names, app: lab.role, schema: "public", database })
    try {
      return await seeded(
        lab,
        [...roles, ...hand, "revoke insert, update, delete on currency from :app", "revoke all on event_1 from :app"],
        look,
      )
    } finally {
      await lab.close()
    }
  }

  it("yield nothing for the application", async () => {
    expect(brief(await withRoles((seed) => seed.audit()))).toEqual([])
  })

  it("yield what the migrator may do, where the application works as it", async () => {
    const { findings } = await withRoles((seed) => seed.audit({ role: names.migrator }))

    expect(findings[0]).toMatchObject({ severity: "error", code: "role-bypassrls", role: "zz_migrator" })
  })

  it("yield what the owner may do, where the application works as it", async () => {
    const { findings } = await withRoles((seed) => seed.audit({ role: names.owner }))

    expect([...new Set(findings.map(({ code }) => code))]).toEqual([
      "partition-no-rls",
      "truncate-granted",
      "global-table",
    ])
  })
})
