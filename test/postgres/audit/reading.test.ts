import { Client } from "pg"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { ForeignKeyModel, TenantModel } from "../../../src/core/tenant-model.ts"
import { audit } from "../../../src/postgres/audit/audit.ts"
import type { SqlClient } from "../../../src/postgres/index.ts"
import { openLab, type Lab } from "../support/lab.ts"
import { column, modelOf, source, table } from "../support/models.ts"
import { brief, openShop, seeded, shop, shopOptions } from "./support/shop.ts"

const wrong = [
  "alter policy tenant_failsafe on school using (true)",
  "alter table notice disable row level security",
  "grant truncate on student to :app",
]

/** Without the help of a `search_path`. */
function inPublic({ orm, tables }: TenantModel): TenantModel {
  const schema = "public"
  const key = (of: ForeignKeyModel) => ({ ...of, target: { ...of.target, schema } })
  return {
    orm,
    tables: tables.map((each) => ({
      ...each,
      schema,
      foreignKeys: each.foreignKeys.map(key),
      tenant: each.tenant && { ...each.tenant, through: each.tenant.through.map(key) },
    })),
  }
}

async function asApplication<Result>(lab: Lab, run: (client: SqlClient) => Promise<Result>): Promise<Result> {
  const client = new Client({ connectionString: lab.appUrl! })
  await client.connect()
  try {
    return await run(client)
  } finally {
    await client.end()
  }
}

describe("an audit", () => {
  let lab: Lab

  beforeAll(async () => {
    lab = await openShop("postgresql")
    for (const statement of wrong) await lab.admin.query(statement.replaceAll(":app", lab.role))
  })

  afterAll(() => lab.close())

  it("needs no more than the application's own role, in a transaction that reads only", async () => {
    const seen = await asApplication(lab, async (client) => {
      await client.query("begin transaction read only")
      return audit(client, shop, shopOptions)
    })

    expect(seen).toEqual(await audit(lab.admin, shop, { ...shopOptions, role: lab.role }))
  })

  it("judges the connection's role where none is named", async () => {
    const { role, findings } = await audit(lab.admin, shop, shopOptions)

    expect({ role, first: findings[0]?.code }).toEqual({ role: "postgres", first: "role-superuser" })
  })

  it("refuses a role that the server does not have", async () => {
    const refused = audit(lab.admin, shop, { ...shopOptions, role: "nobody's" })

    await expect(refused).rejects.toMatchObject({
      code: "OPTION_INVALID",
      message: "The server has no role 'nobody's'.",
    })
  })

  it("works for a role that may not use the schemas", async () => {
    const report = await seeded(
      lab,
      ["create role zz_reader", "revoke usage on schema public from public", "revoke usage on schema app from public"],
      async ({ audit: look, run }) => {
        await run("set local role zz_reader")
        return look()
      },
      inPublic(shop),
    )

    expect(report.findings.map(({ code }) => code)).toEqual(["rls-disabled", "policy-always-true", "truncate-granted"])
  })

  it("says where it looked for a table that it does not find", async () => {
    const { findings } = await seeded(lab, ["set local search_path = app"], ({ audit: look }) => look())

    expect(findings[0]).toMatchObject({
      code: "missing-table",
      table: "school",
      message:
        "There is no table school for School in app. The application's migrations create it; this is its outline.",
    })
  })

  it("says what it may not see, and judges the rest", async () => {
    const report = await seeded(
      lab,
      ["create role zz_reader", "revoke select on pg_catalog.pg_policy, pg_catalog.pg_proc from public"],
      async ({ audit: look, run }) => {
        await run("set local role zz_reader")
        return look()
      },
    )

    expect({ found: brief(report), unseen: report.unseen }).toEqual({
      found: [{ severity: "warn", code: "truncate-granted", table: "public.student" }],
      unseen: ["pg_catalog.pg_proc, for functions", "pg_catalog.pg_policy, for policies"],
    })
  })

  it("says nothing of a table twice in different words", async () => {
    const { findings } = await audit(lab.admin, shop, { ...shopOptions, role: lab.role })

    expect(findings).toEqual([
      {
        severity: "error",
        code: "rls-disabled",
        table: "public.notice",
        message:
          "Row security is off on public.notice: whoever may read it reads the rows of every tenant, and policies do not hold.",
        mend: 'alter table "public"."notice" enable row level security;\nalter table "public"."notice" force row level security;',
      },
      {
        severity: "error",
        code: "policy-always-true",
        table: "public.school",
        object: "tenant_failsafe",
        message: "The policy tenant_failsafe on public.school shows every row: its USING is always true.",
        mend:
          'alter policy "tenant_failsafe" on "public"."school" using ("merchant_id" = (select "app".tenant()::integer)) ' +
          'with check ("merchant_id" = (select "app".tenant()::integer));',
      },
      {
        severity: "warn",
        code: "truncate-granted",
        table: "public.student",
        message: `${lab.role} may TRUNCATE public.student, which deletes the rows of every tenant, past every policy.`,
        mend: `revoke truncate on table "public"."student" from "${lab.role}";`,
      },
    ])
  })
})

describe("the queries of an audit", () => {
  it.each([1, 50])("are as many with %i tables", async (count) => {
    const tenant = column("tenant_id")
    const names = Array.from({ length: count }, (_, index) => `t_${index}`)
    const lab = await openLab(
      "pglite",
      names.map((name) => `create table ${name} (id integer primary key, tenant_id integer)`),
    )
    const model = modelOf(
      ...names.map((name) => table(name, { columns: [column("id"), tenant], tenant: source("tenantId", tenant) })),
    )
    let queries = 0
    const counting: SqlClient = { query: (text, values) => (queries++, lab.admin.query(text, values)) }

    const { findings } = await audit(counting, model, { role: lab.role })
    await lab.close()

    expect({ queries, disabled: findings.filter(({ code }) => code === "rls-disabled").length }).toEqual({
      queries: 11,
      disabled: count,
    })
  })
})
