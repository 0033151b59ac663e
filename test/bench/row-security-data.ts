import { escapeIdentifier, type Client } from "pg"
import { rowSecurity, runInTransaction, type RowSecurityOptions } from "../../src/postgres/index.ts"
import type { ForeignKeyModel, TenantModel } from "../../src/core/tenant-model.ts"
import { column, modelOf, reference, source, table } from "../postgres/support/models.ts"

/** How policies find the tenant of an enrolment, whose student's school has it. */
export const policyForms = ["denormalise", "sets", "exists", "array"] as const

export type PolicyForm = (typeof policyForms)[number]

/** Where the hand-written condition reads, and where each form does. */
export const handWritten = "hand_written"
export const schemaOf = (form: PolicyForm): string => `by_${form}`

/** The tenant whose rows are read. */
export const merchant = 7
export const rowsOfMerchant = 900

const merchants = 1_112
const schools = merchants * 3
const students = schools * 30
/** Each merchant's are spread over the table. */
export const enrolments = students * 10

const options: Readonly<Record<PolicyForm, RowSecurityOptions>> = {
  denormalise: {},
  sets: { sets: true },
  exists: { form: "exists" },
  array: { form: "array" },
}

/** Fills a schema without policies, and one of the same rows for each form; the role may read and write all of them. */
export async function seedForms(admin: Client, forms: readonly PolicyForm[], role: string): Promise<void> {
  await admin.query(`create schema ${handWritten}`)
  for (const [name, query] of rows) await admin.query(`create table ${handWritten}.${name} as ${query}`)
  const schemas = forms.map(schemaOf)
  for (const schema of schemas) {
    await admin.query(`create schema ${schema}`)
    for (const [name] of rows) await admin.query(`create table ${schema}.${name} as table ${handWritten}.${name}`)
  }
  for (const schema of [handWritten, ...schemas]) for (const text of keys(schema)) await admin.query(text)
  await admin.query(`create index on ${handWritten}.enrolment (merchant_id)`)
  for (const form of forms) await runInTransaction(admin, rowSecurity(modelIn(schemaOf(form)), options[form]).up)
  for (const schema of [handWritten, ...schemas]) {
    await admin.query(`grant usage on schema ${schema} to ${escapeIdentifier(role)}`)
    await admin.query(`grant select, insert on all tables in schema ${schema} to ${escapeIdentifier(role)}`)
  }
  await admin.query("vacuum analyze")
}

const merchantOf = (school: string): string => `1 + (${school}) % ${merchants} as merchant_id`

/** The forms that look the tenant up do not read the column that the others have. */
const rows: readonly (readonly [table: string, query: string])[] = [
  ["school", `select n + 1 as id, ${merchantOf("n")} from generate_series(0, ${schools - 1}) n`],
  [
    "student",
    `select n + 1 as id, 1 + n % ${schools} as school_id, ${merchantOf(`n % ${schools}`)} from generate_series(0, ${students - 1}) n`,
  ],
  [
    "enrolment",
    `select n + 1 as id, 1 + n % ${students} as student_id, 'term ' || n % 8 as term,
       ${merchantOf(`n % ${students} % ${schools}`)} from generate_series(0, ${enrolments - 1}) n`,
  ],
]

function keys(schema: string): string[] {
  return [
    ...rows.map(([name]) => `alter table ${schema}.${name} add primary key (id)`),
    `alter table ${schema}.student add foreign key (school_id) references ${schema}.school`,
    `alter table ${schema}.enrolment add foreign key (student_id) references ${schema}.student`,
    `create index on ${schema}.student (school_id)`,
    `create index on ${schema}.enrolment (student_id)`,
  ]
}

function modelIn(schema: string): TenantModel {
  const end = column("merchant_id")
  const to = (target: string): ForeignKeyModel =>
    reference(`${target}_id`, target, { target: { schema, name: target } })
  const [toSchool, toStudent] = [to("school"), to("student")]
  const school = table("school", { schema, columns: [column("id"), end], tenant: source("merchantId", end) })
  const student = table("student", {
    schema,
    columns: [column("id"), column("school_id")],
    foreignKeys: [toSchool],
    tenant: source("school.merchantId", end, toSchool),
  })
  const enrolment = table("enrolment", {
    schema,
    columns: [column("id"), column("student_id"), column("term", "text")],
    foreignKeys: [toStudent],
    tenant: source("student.school.merchantId", end, toStudent, toSchool),
  })
  return modelOf(school, student, enrolment)
}
