import { afterEach, describe, expect, it } from "vitest"
import {
  liveRowSecurity,
  rowSecurity,
  rowSecurityChanges,
  rowSecurityRemoval,
  type RowSecurityOptions,
} from "../../src/postgres/index.ts"
import { rejectionOf } from "../core/support/refusal.ts"
import { openLab, type Lab } from "./support/lab.ts"
import { schools, schoolTables } from "./support/models.ts"
import { snapshot } from "./support/snapshot.ts"

const options: RowSecurityOptions = { infer: ["Enrolment"] }
const opened: Lab[] = []

afterEach(async () => {
  for (const lab of opened.splice(0)) await lab.close()
})

async function open(...more: string[]): Promise<Lab> {
  const lab = await openLab("postgresql", [...schoolTables, ...more])
  opened.push(lab)
  return lab
}

/** What somebody did to a database that has the plan, each with the statements that mend it. */
const faults: [string, string, RegExp[]][] = [
  ["a dropped policy", "drop policy tenant_failsafe on school", [/^create policy "tenant_failsafe" on "school"/]],
  [
    "an opened policy",
    "alter policy tenant_failsafe on student using (true)",
    [/^drop policy if exists "tenant_failsafe" on "student"/, /^create policy "tenant_failsafe" on "student"/],
  ],
  [
    "a policy without a check",
    "do $$ begin drop policy tenant_failsafe on school; create policy tenant_failsafe on school using (merchant_id = (select app.tenant()::int)); end $$",
    [/^drop policy if exists "tenant_failsafe" on "school"/, /^create policy "tenant_failsafe" on "school"/],
  ],
  [
    "a policy for some roles",
    "alter policy tenant_failsafe on school to pg_monitor",
    [/^drop policy if exists "tenant_failsafe" on "school"/, /^create policy "tenant_failsafe" on "school"/],
  ],
  [
    "switched off",
    "alter table school disable row level security",
    [/^alter table "school" enable row level security$/],
  ],
  ["not forced", "alter table school no force row level security", [/^alter table "school" force row level security$/]],
  [
    "a dropped index",
    'drop index "tenant_failsafe_school_merchant_id_idx_ee6cf938"',
    [/^create index if not exists .* on "school"/],
  ],
  [
    "a function that somebody rewrote",
    "create or replace function app.tenant() returns text language sql as $$ select '1' $$",
    [/^create or replace function "app"\.tenant\(\)/],
  ],
  [
    "a surplus net",
    "create policy tenant_failsafe_net on school as restrictive using (true)",
    [/^drop policy if exists "tenant_failsafe_net" on "school"$/],
  ],
  [
    "a tenant column that may be NULL",
    "alter table enrolment alter column merchant_id drop not null",
    [/^alter table "enrolment" alter column "merchant_id" set not null$/],
  ],
]

describe("rowSecurityChanges", () => {
  it.each(faults)("mends %s, and nothing else", async (_, fault, statements) => {
    const lab = await open()
    await lab.apply(rowSecurity(schools, options).up)
    const whole = await snapshot(lab.admin)
    await lab.admin.query(fault)
    const broken = await snapshot(lab.admin)

    const { up, down } = await rowSecurityChanges(lab.admin, schools, options)
    await lab.apply(up)

    expect(up).toEqual(statements.map((statement) => expect.stringMatching(statement)))
    expect(await snapshot(lab.admin)).toEqual(whole)
    await lab.apply(down)
    expect(await snapshot(lab.admin)).toEqual(broken)
  })

  it("fills a column that lost its trigger", async () => {
    const lab = await open()
    await lab.apply(rowSecurity(schools, options).up)
    const [trigger] = await lab.database.sql(
      "select tgname from pg_trigger where tgrelid = 'enrolment'::regclass and not tgisinternal",
    )
    await lab.admin.query(`drop trigger ${String(trigger!["tgname"])} on enrolment`)
    await lab.admin.query("alter table enrolment alter column merchant_id drop not null")
    await lab.admin.query("update enrolment set merchant_id = null")

    await lab.apply((await rowSecurityChanges(lab.admin, schools, options)).up)

    expect(await lab.database.sql("select id, merchant_id from enrolment order by 1")).toEqual([
      { id: 1, merchant_id: 1 },
      { id: 2, merchant_id: 2 },
    ])
  })

  it("goes from one form to another", async () => {
    const lab = await open()
    await lab.apply(rowSecurity(schools, { ...options, form: "exists" }).up)

    await lab.apply((await rowSecurityChanges(lab.admin, schools, options)).up)

    expect((await rowSecurityChanges(lab.admin, schools, options)).up).toEqual([])
  })

  it("restores what it found, down to row security and policies of others", async () => {
    const lab = await open(
      "create schema app",
      "create function app.other() returns int language sql return 1",
      "alter table school enable row level security",
      "create policy by_hand on school for select to pg_monitor using (id > 0)",
      "create policy tenant_failsafe on school for select using (id < 5)",
    )
    const before = await snapshot(lab.admin)

    const { up, down } = await rowSecurityChanges(lab.admin, schools, {
      ...options,
      foreignKeys: "scoped",
      restrictive: true,
    })
    await lab.apply(up)
    await lab.apply(down)

    expect(await snapshot(lab.admin)).toEqual(before)
  })

  it("sees what the application wrote itself, and what somebody made of it", async () => {
    const lab = await open()
    const own = {
      ...options,
      entities: { School: { using: "merchant_id > 0", withCheck: "merchant_id between 1 and 5" } },
    }
    await lab.apply(rowSecurity(schools, own).up)

    const same = await rowSecurityChanges(lab.admin, schools, own)
    const changed = await rowSecurityChanges(lab.admin, schools, {
      ...options,
      entities: { School: { using: "merchant_id > 1", withCheck: "merchant_id between 1 and 5" } },
    })

    expect(same.up).toEqual([])
    expect(changed.up).toHaveLength(3)
  })

  it("asks as many questions for two tables as for many", async () => {
    const lab = await open()
    const asked: string[] = []
    const client = {
      query: (text: string, values?: readonly unknown[]) => {
        asked.push(text)
        return lab.admin.query(text, values)
      },
    }

    await liveRowSecurity(client, { ...schools, tables: schools.tables.slice(0, 1) })
    const few = asked.length
    await liveRowSecurity(client, schools)

    expect(asked.length - few).toBe(few)
  })

  it("leaves the functions that verify a signature as they are", async () => {
    const lab = await open(
      "create schema app",
      "grant usage on schema app to public",
      "create function app.signed_tenants() returns text[] language sql return null::text[]",
      "create function app.tenant() returns text language sql stable return (app.signed_tenants())[1]",
      "create function app.tenants() returns text[] language sql stable return app.signed_tenants()",
    )

    const { up } = await rowSecurityChanges(lab.admin, schools, options)

    expect(up.filter((statement) => statement.includes('function "app".tenant'))).toEqual([])
  })

  it("refuses a database without the tables", async () => {
    const lab = await openLab("postgresql")
    opened.push(lab)

    expect(await rejectionOf(rowSecurityChanges(lab.admin, schools, options))).toMatchObject({
      code: "OPTION_INVALID",
      message:
        "The database has no table 'school' for School. Run the application's migrations first, and check that the " +
        "connection leads to its database.",
    })
  })
})

describe("rowSecurityRemoval", () => {
  it.each<[string, RowSecurityOptions]>([
    ["columns, keys and triggers", { ...options, foreignKeys: "scoped", restrictive: true, sets: true }],
    ["chains", { ...options, form: "exists" }],
  ])("takes away %s, whatever the options are now", async (_, made) => {
    const lab = await open()
    const before = await snapshot(lab.admin)
    await lab.apply(rowSecurity(schools, made).up)

    await lab.apply(await rowSecurityRemoval(lab.admin, schools))

    expect(await snapshot(lab.admin)).toEqual(before)
  })

  it("leaves row security on where somebody else has a policy, and what else is in the schema", async () => {
    const lab = await open()
    await lab.apply(rowSecurity(schools, options).up)
    await lab.admin.query("create policy by_hand on school using (id > 0)")
    await lab.admin.query("create function app.other() returns int language sql return 1")

    await lab.apply(await rowSecurityRemoval(lab.admin, schools))

    const left = (await liveRowSecurity(lab.admin, schools)).map(({ entity, live }) => [
      entity,
      live?.isEnabled,
      live?.policies.map(({ name }) => name),
    ])
    expect(left).toEqual([
      ["School", true, ["by_hand"]],
      ["Student", false, []],
      ["Enrolment", false, []],
    ])
    expect(await lab.database.sql("select app.other()")).toEqual([{ other: 1 }])
  })

  it("has nothing to do in a database that has nothing", async () => {
    const lab = await open()

    expect(await rowSecurityRemoval(lab.admin, schools)).toEqual([])
  })
})
