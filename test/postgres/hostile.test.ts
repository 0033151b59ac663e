import fc from "fast-check"
import { afterEach, beforeAll, afterAll, describe, expect, it } from "vitest"
import type { TenantModel } from "../../src/core/tenant-model.ts"
import {
  rolesSql,
  rowSecurity,
  rowSecurityChanges,
  rowSecurityRemoval,
  type RowSecurityOptions,
} from "../../src/postgres/index.ts"
import { dollarQuoted, identifier, literal, ownName, storedName } from "../../src/postgres/sql-text.ts"
import { refusalOf } from "../core/support/refusal.ts"
import { openLab, type Lab } from "./support/lab.ts"
import { column, modelOf, reference, source, table } from "./support/models.ts"
import { snapshot } from "./support/snapshot.ts"

const names = [
  'quo"te',
  "apo'strophe",
  '"; drop table victim; --',
  "'); drop table victim; --",
  "$$; drop table victim; $$",
  "$tenant_failsafe$; drop table victim; $tenant_failsafe$",
  "back\\slash",
  "Großbuchstaben und Leerzeichen",
  "表😀",
  "select",
  "parent_1",
  "app.tenant",
  "line\nfeed",
  "é".repeat(40),
  "a".repeat(70),
]

const opened: Lab[] = []

afterEach(async () => {
  for (const lab of opened.splice(0)) await lab.close()
})

/** A parent and a child whose every name is hostile. */
function hostile(name: string): { model: TenantModel; tables: string[]; options: RowSecurityOptions } {
  const [parent, child, id, link, tenant] = ["p", "c", "i", "l", "t"].map((prefix) => `${prefix}${name}`) as [
    string,
    string,
    string,
    string,
    string,
  ]
  const merchant = column(tenant, "text")
  const key = reference(link, parent, { columns: [link], target: { schema: name, name: parent }, targetColumns: [id] })
  const at = { schema: name, primaryKey: [id] }
  const q = (text: string) => `"${text.replaceAll('"', '""')}"`
  return {
    model: modelOf(
      table(parent, {
        ...at,
        entity: "Parent",
        columns: [column(id), merchant],
        tenant: source("merchantId", merchant),
      }),
      table(child, { ...at, entity: "Child", columns: [column(id), column(link)], foreignKeys: [key] }),
    ),
    tables: [
      "create table victim (id integer)",
      `create schema ${q(name)}`,
      `create table ${q(name)}.${q(parent)} (${q(id)} integer primary key, ${q(tenant)} text not null)`,
      `create table ${q(name)}.${q(child)} (${q(id)} integer primary key, ${q(link)} integer not null references ${q(name)}.${q(parent)})`,
      `insert into ${q(name)}.${q(parent)} values (1, $v$it's mine$v$), (2, 'other')`,
      `insert into ${q(name)}.${q(child)} values (1, 1), (2, 2)`,
    ],
    options: { infer: ["Child"], foreignKeys: "scoped", restrictive: true, functions: { schema: `f${name}` } },
  }
}

describe.each(names)("names like %j", (name) => {
  it.each(["denormalise", "exists", "array"] as const)("are quoted in the form %s", async (form) => {
    const { model, tables, options } = hostile(name)
    const lab = await openLab("postgresql", tables)
    opened.push(lab)
    await lab.grant(name)
    const before = await snapshot(lab.admin)
    const made = { ...options, form }
    const { up, down } = rowSecurity(model, made)
    await lab.apply(up)
    await lab.apply(up)

    const missing = await rowSecurityChanges(lab.admin, model, made)
    const rows = await lab.asTenant("it's mine", `select * from ${identifier(name)}.${identifier(`c${name}`)}`)
    const removal = await rowSecurityRemoval(lab.admin, model, made)
    await lab.apply(removal)
    const removed = await snapshot(lab.admin)
    await lab.apply(up)
    await lab.apply(down)

    expect(missing.up).toEqual([])
    expect(rows.map((row) => Object.values(row)[0])).toEqual([1])
    expect(removed).toEqual(before)
    expect(await snapshot(lab.admin)).toEqual(before)
  })

  it("make roles", async () => {
    const lab = await openLab("postgresql")
    opened.push(lab)
    const [migrator, owner, app] = ["m", "o", "a"].map((role) => storedName(`${role}${lab.role}${name}`)) as [
      string,
      string,
      string,
    ]
    const [{ database }] = (await lab.database.sql("select current_database() as database")) as [{ database: string }]

    await lab.apply(rolesSql({ migrator, owner, app, schema: "public", database }))

    const found = await lab.database.sql("select rolname from pg_roles where rolname = any($1) order by 1", [
      [migrator, owner, app],
    ])
    expect(found.map(({ rolname }) => rolname)).toEqual([app, migrator, owner].toSorted())
    for (const role of [migrator, owner, app]) {
      await lab.admin.query(`drop owned by ${identifier(role)}`)
      await lab.admin.query(`drop role ${identifier(role)}`)
    }
  })
})

describe("quoting", () => {
  let lab: Lab

  beforeAll(async () => {
    lab = await openLab("pglite")
  })

  afterAll(() => lab.close())

  const text = fc
    .string({ unit: "binary", minLength: 1, maxLength: 60 })
    .filter((value) => !value.includes("\0") && value.isWellFormed())

  it("gives back any value and any name as it was", async () => {
    await fc.assert(
      fc.asyncProperty(text, async (value) => {
        const { rows } = await lab.admin.query(`select ${literal(value)} as ${identifier(value)}`)
        expect(rows).toEqual([{ [storedName(value)]: value }])
      }),
      { numRuns: 200 },
    )
  })

  it("gives back any body in dollar quotes as it was", async () => {
    const pieces = fc
      .array(fc.constantFrom("$", "tenant_failsafe", "_1", "$tenant_failsafe$", "$$", "'", "\n", "x"))
      .map((parts) => parts.join(""))
    await fc.assert(
      fc.asyncProperty(pieces, async (value) => {
        const { rows } = await lab.admin.query(`select ${dollarQuoted(value)} as value`)
        expect(rows).toEqual([{ value: `\n${value}\n` }])
      }),
      { numRuns: 200 },
    )
  })

  it("refuses what PostgreSQL cannot store", () => {
    expect(
      [() => identifier("a\0b"), () => identifier(""), () => literal("a\0b")].map((run) => refusalOf(run).message),
    ).toEqual([
      "A name for the database contains a NUL character.",
      "A table, column, schema or role has an empty name.",
      "A value for the database contains a NUL character.",
    ])
  })

  it("makes names of its own that fit, and differ where what they stand for differs", () => {
    const long = ["é".repeat(40), `${"é".repeat(40)}x`, "a_b", "a"].map((first) =>
      ownName(first, first === "a" ? "b_c" : "c"),
    )

    expect(long.map((name) => Buffer.byteLength(name) <= 63)).toEqual([true, true, true, true])
    expect(new Set(long).size).toBe(4)
  })
})

describe("types of columns", () => {
  it.each([
    ["int); drop table victim; --", '"int); drop table victim; --"'],
    ["Order_kind_enum", '"Order_kind_enum"'],
    ["uuid", "uuid"],
  ])("%j is a type, or a quoted name", (type, expected) => {
    const merchant = column("merchant_id", type)
    const { tables } = rowSecurity(modelOf(table("note", { tenant: source("merchantId", merchant) })))

    expect(tables[0]!.policies[0]!.using).toBe(`"merchant_id" = (select "app".tenant()::${expected})`)
  })
})
