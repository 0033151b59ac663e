import assert from "node:assert/strict"
import { Client } from "pg"
import { audit, provisionSchema, rowSecurity, rowSecurityChanges, runInTransaction } from "../../src/postgres/index.ts"
import type { TenantModel } from "../../src/core/tenant-model.ts"
import { column, modelOf, reference, source, table } from "../postgres/support/models.ts"
import type { TestDatabase } from "../support/databases.ts"
import { openAppRole } from "./app-role.ts"
import type { Effort } from "./generations.ts"
import { interleave, statsOf, type Stats } from "./measure.ts"

/** What is done with a database, or a schema, of many tables. */
export interface ManyTablesRow {
  readonly label: string
  readonly milliseconds: Stats
  readonly target: number
}

export interface ManyTablesCase {
  readonly label: string
  readonly what: "audit" | "plan" | "provision"
}

const count = 500
/** Milliseconds. */
const target = 5_000

export const manyTablesCases: readonly ManyTablesCase[] = (["audit", "plan", "provision"] as const).map((what) => ({
  label: `${count} tables ${what}`,
  what,
}))

export async function timeManyTables(
  database: TestDatabase,
  cases: readonly ManyTablesCase[],
  { samples, warmUps }: Effort,
): Promise<ManyTablesRow[]> {
  const admin = new Client({ connectionString: database.ormConfig().clientUrl! })
  await admin.connect()
  const app = await openAppRole(admin, database)
  try {
    for (const statement of tables) await admin.query(statement)
    await runInTransaction(admin, rowSecurity(model, { security: "force" }).up)
    await admin.query(`grant select, insert, update, delete on all tables in schema public to ${app.role}`)
    const client = new Client({ connectionString: app.url })
    await client.connect()
    let schemas = 0
    const perform: Record<ManyTablesCase["what"], () => Promise<void>> = {
      async audit() {
        const { tables: judged, unseen } = await audit(client, model)
        assert.deepEqual([judged, unseen], [count, []])
      },
      async plan() {
        assert.deepEqual((await rowSecurityChanges(client, model)).up, [])
      },
      async provision() {
        await provisionSchema(admin, `tenant_${++schemas}`, [{ name: "tables", up: tables }])
      },
    }
    const rows: ManyTablesRow[] = []
    for (const { label, what } of cases) {
      const [times] = await interleave([perform[what]], timed, { samples, warmUps })
      rows.push({ label, milliseconds: statsOf(times!), target })
    }
    await client.end()
    return rows
  } finally {
    await app.drop()
    await admin.end()
  }
}

async function timed(run: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await run()
  return performance.now() - start
}

/** A fifth of the tables have the tenant in a column; each of the others refers to one of those, and gets its own. */
const roots = count / 5
const end = column("tenant_id")
const model: TenantModel = modelOf(
  ...Array.from({ length: count }, (_, index) => {
    const columns = [column("id"), column("label", "text")]
    if (index < roots) return table(`t${index}`, { columns: [...columns, end], tenant: source("tenantId", end) })
    const parent = `t${index % roots}`
    const hop = reference(`${parent}_id`, parent)
    return table(`t${index}`, {
      columns: [...columns, column(`${parent}_id`)],
      foreignKeys: [hop],
      tenant: source("parent.tenantId", end, hop),
    })
  }),
)
const tables: readonly string[] = model.tables.map(({ name, columns, foreignKeys: [key] }) => {
  const texts = columns.map((one) => `${one.name} ${one.type} not null`)
  const refers = key === undefined ? "" : `, foreign key (${key.columns[0]}) references ${key.target.name}`
  return `create table ${name} (${texts.join(", ")}, primary key (id)${refers})`
})
