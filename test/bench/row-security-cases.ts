import assert from "node:assert/strict"
import { Client } from "pg"
import { openAppRole } from "./app-role.ts"
import type { TestDatabase } from "../support/databases.ts"
import type { Effort } from "./generations.ts"
import { interleave } from "./measure.ts"
import { ratioRow, type RatioRow } from "./ratio-row.ts"
import {
  enrolments,
  handWritten,
  merchant,
  policyForms,
  rowsOfMerchant,
  schemaOf,
  seedForms,
  type PolicyForm,
} from "./row-security-data.ts"

/** What is done through a policy, and with a condition that says the same. */
export interface RowSecurityCase {
  readonly label: string
  readonly form: PolicyForm
  readonly what: keyof typeof statements
  readonly target?: number | undefined
}

const own = `merchant_id = ${merchant}`
// Of the merchant, because the numbers of merchants, schools and students divide each other.
const key = merchant + 1_112 * 500

const statements = {
  read: {
    byHand: `select id, student_id, term from ${handWritten}.enrolment where ${own}`,
    by: (form: PolicyForm) => `select id, student_id, term from ${schemaOf(form)}.enrolment`,
    rows: rowsOfMerchant,
  },
  point: {
    byHand: `select id, student_id, term from ${handWritten}.enrolment where id = ${key} and ${own}`,
    by: (form: PolicyForm) => `select id, student_id, term from ${schemaOf(form)}.enrolment where id = ${key}`,
    rows: 1,
  },
  insert: {
    byHand: insert(`${handWritten}.enrolment (merchant_id, id, student_id, term) select ${merchant},`),
    by: (form: PolicyForm) => insert(`${schemaOf(form)}.enrolment (id, student_id, term) select`),
    rows: 100,
  },
} as const

function insert(into: string): string {
  return `insert into ${into} ${enrolments} + n, ${merchant}, 'new' from generate_series(1, 100) n returning id, student_id, term`
}

/** Of the recommended form: its 900 rows of a million may take this much of what the hand-written condition takes. */
const target = 1.1

export const rowSecurityCases: readonly RowSecurityCase[] = (["read", "point", "insert"] as const).flatMap((what) =>
  policyForms.map((form) => ({
    label: `row security ${what} ${form}`,
    form,
    what,
    target: what === "read" && form === "denormalise" ? target : undefined,
  })),
)

export async function timeRowSecurity(
  database: TestDatabase,
  cases: readonly RowSecurityCase[],
  { against, effortOf }: { against: "guarded" | "vanilla"; effortOf: (target: number | undefined) => Effort },
): Promise<RatioRow[]> {
  const admin = new Client({ connectionString: database.ormConfig().clientUrl! })
  await admin.connect()
  const app = await openAppRole(admin, database)
  try {
    await seedForms(admin, [...new Set(cases.map(({ form }) => form))], app.role)
    const client = new Client({ connectionString: app.url })
    await client.connect()
    const rows: RatioRow[] = []
    for (const one of cases) rows.push(await timeOne(client, one, against, effortOf(one.target)))
    await client.end()
    return rows
  } finally {
    await app.drop()
    await admin.end()
  }
}

/** All on one connection: two servers' processes differ more than what is measured. */
async function timeOne(
  client: Client,
  { label, form, what, target: judged }: RowSecurityCase,
  against: "guarded" | "vanilla",
  { samples, warmUps }: Effort,
): Promise<RatioRow> {
  const { byHand, by, rows } = statements[what]
  const contenders = [byHand, byHand, against === "guarded" ? by(form) : byHand]
  const seen = []
  for (const text of contenders) {
    const { rows: found } = await inTransaction(client, () => client.query<{ id: number }>(text))
    seen.push(found.toSorted((one, other) => one.id - other.id))
  }
  assert.equal(seen[0]!.length, rows)
  for (const found of seen) assert.deepEqual(found, seen[0])
  const times = await interleave(contenders, (text) => time(client, text), { samples, warmUps })
  return ratioRow(label, "ms", [times[0]!, times[1]!, times[2]!], judged)
}

/** Milliseconds of one statement, of as many as take long enough to be timed. */
async function time(client: Client, text: string): Promise<number> {
  let spent = 0
  let count = 0
  for (; spent < 15; count++) {
    spent += await inTransaction(client, async () => {
      const start = performance.now()
      await client.query(text)
      return performance.now() - start
    })
  }
  return spent / count
}

/** The tenant is set before the clock starts: what it costs to tell the database is measured by the cases of sessions. */
async function inTransaction<R>(client: Client, run: () => Promise<R>): Promise<R> {
  await client.query("begin")
  await client.query("select set_config('app.tenant_id', $1, true)", [String(merchant)])
  const result = await run()
  await client.query("rollback")
  return result
}
