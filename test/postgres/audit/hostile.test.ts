import { escapeIdentifier as quoted } from "pg"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { TenantModel } from "../../../src/core/tenant-model.ts"
import { audit } from "../../../src/postgres/audit/audit.ts"
import type { Finding } from "../../../src/postgres/audit/finding.ts"
import { storedName } from "../../../src/postgres/sql-text.ts"
import { rowSecurity } from "../../../src/postgres/index.ts"
import { openLab, type Lab } from "../support/lab.ts"
import { column, modelOf, reference, source, table } from "../support/models.ts"

const names = {
  quotes: `a"b'c`,
  statements: `x"; drop table canary; --'; drop table canary; --`,
  dollars: "$$ $1 $tenant_failsafe$ $&",
  backslashes: "\\'; drop table canary; --\\",
  comments: "/* */ -- \n drop",
  words: "select",
  unicode: "Tür\u202e 店铺 😀",
  long: `${"ü".repeat(31)}x`,
  longer: `${"ü".repeat(40)}; drop`,
}

function modelFor(name: string): TenantModel {
  const tenant = column(`t${name}`)
  const parent = table(name, { columns: [column("id"), tenant], tenant: source("tenant", tenant) })
  const child = table(`c${name}`, {
    columns: [column("id"), column(`p${name}`)],
    foreignKeys: [reference(`p${name}`, name)],
    tenant: source("parent.tenant", tenant, reference(`p${name}`, name)),
  })
  return modelOf(parent, child, table(`g${name}`))
}

describe.each(Object.entries(names))("names with %s", (_, name) => {
  const [parent, child, everybodys, tenant, key] = [name, `c${name}`, `g${name}`, `t${name}`, `p${name}`].map((text) =>
    quoted(text),
  ) as [string, string, string, string, string]
  const other = (prefix: string) => quoted(`${prefix}${name}`)
  const options = { foreignKeys: "scoped", functions: { schema: `s${name}` } } as const
  const model = modelFor(name)
  let lab: Lab
  let app: string

  beforeAll(async () => {
    lab = await openLab("postgresql", [
      "create table canary ()",
      `create table ${parent} (id integer primary key, ${tenant} integer not null)`,
      `create table ${child} (id integer primary key, ${key} integer not null references ${parent})`,
      `create table ${everybodys} (id integer primary key)`,
      ...rowSecurity(model, options).up,
    ])
    // The application's role has a name that needs no quotes.
    app = quoted(`r${name}`)
    await lab.apply([`revoke all on all tables in schema public from ${lab.role}`, `create role ${app}`])
    await lab.apply([`grant select, insert, update, delete on ${parent}, ${child} to ${app}`])
  })

  afterAll(async () => {
    await lab.apply([`drop owned by ${app}`, `drop role ${app}`])
    await lab.close()
  })

  const faults: readonly (readonly [code: string, ...statements: string[]])[] = [
    ["role-superuser", "alter role :app superuser"],
    ["role-bypassrls", "alter role :app bypassrls"],
    ["role-can-set-bypass", `create role ${other("b")} bypassrls`, `grant ${other("b")} to :app`],
    [
      "missing-table",
      `drop table ${parent} cascade`,
      `drop table ${child}`,
      `create table ${child} (id integer, ${key} integer)`,
      `alter table ${child} enable row level security`,
      `alter table ${child} force row level security`,
      `create policy a on ${child} using (exists (select where ${key} = length(current_user)))`,
    ],
    ["missing-column", `alter table ${parent} drop column ${tenant} cascade`],
    ["rls-disabled", `alter table ${parent} disable row level security`],
    ["rls-disabled", `drop policy tenant_failsafe on ${parent}`, `alter table ${parent} disable row level security`],
    [
      "policy-always-true",
      `drop policy tenant_failsafe on ${child}`,
      `create policy ${other("p")} on ${child} using (${tenant} = ${tenant}) with check (${tenant} = length(current_user))`,
    ],
    [
      "view-not-invoker",
      `create view ${other("v")} as select * from ${parent}`,
      `grant select on ${other("v")} to :app`,
    ],
    [
      "matview",
      `create materialized view ${other("m")} as select * from ${parent}`,
      `grant select on ${other("m")} to :app`,
    ],
    ["no-force", `alter table ${child} no force row level security`],
    [
      "text-cast",
      `drop policy tenant_failsafe on ${parent}`,
      `create policy ${other("p")} on ${parent} using (${tenant}::text = (select current_user))`,
    ],
    ["multiple-permissive", `create policy ${other("p")} on ${parent} using (${tenant} = length(current_user))`],
    [
      "no-policy-for-command",
      `drop policy tenant_failsafe on ${parent}`,
      `create policy ${other("p")} on ${parent} for select using (${tenant} = length(current_user))`,
    ],
    [
      "no-initplan",
      `drop policy tenant_failsafe on ${parent}`,
      `create policy ${other("p")} on ${parent} using (${tenant} = ${other("s")}.tenant()::integer)`,
    ],
    [
      "fk-not-tenant-scoped",
      `alter table ${child} add ${other("q")} integer constraint ${other("f")} references ${parent}`,
    ],
    ["tenant-nullable", `alter table ${parent} alter ${tenant} drop not null`],
    ["truncate-granted", `grant truncate on ${parent} to :app`],
    [
      "unmapped-tenant-table",
      `create table ${other("u")} (${tenant} integer)`,
      `grant select on ${other("u")} to :app`,
    ],
    [
      "definer-search-path",
      `create function ${other("f")}(${other("a")} integer) returns integer language sql security definer as 'select 1'`,
    ],
    [
      "global-unique",
      `alter table ${parent} add ${other("e")} integer, add constraint ${other("k")} unique (${other("e")})`,
    ],
    ["global-unique", `create unique index ${other("i")} on ${parent} ((id + 1))`],
    ["global-table", `grant insert on ${everybodys} to :app`],
  ]

  async function findings(): Promise<readonly Finding[]> {
    return (await audit(lab.admin, model, { ...options, role: storedName(`r${name}`) })).findings
  }

  async function mend(found: readonly Finding[]): Promise<void> {
    for (const each of found) await lab.admin.query(each.mend)
  }

  async function takenBack<Result>(run: () => Promise<Result>): Promise<Result> {
    await lab.admin.query("begin")
    try {
      return await run()
    } finally {
      await lab.admin.query("rollback")
    }
  }

  it.each(faults)("are quoted in the mend of %s", async (code, ...statements) => {
    const { found, left, stands } = await takenBack(async () => {
      for (const statement of statements) await lab.admin.query(statement.replaceAll(":app", () => app))
      const first = await findings()
      await mend(first)
      // What one fault hid shows once it is mended.
      await mend(await findings())
      const { rows } = await lab.admin.query("select to_regclass('canary') is not null as stands")
      return { found: first.map((finding) => finding.code), left: await findings(), stands: rows[0]!["stands"] }
    })

    expect({ found, left, stands }).toEqual({ found: [code], left: [], stands: true })
  })
})
