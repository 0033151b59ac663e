import type { PGlite } from "@electric-sql/pglite"
import type { TenantModel } from "../../../../src/core/tenant-model.ts"
import { audit, type AuditOptions, type AuditReport } from "../../../../src/postgres/audit/audit.ts"
import type { Finding } from "../../../../src/postgres/audit/finding.ts"
import { rowSecurity, type RowSecurityOptions } from "../../../../src/postgres/index.ts"
import { openLab, type Lab } from "../../support/lab.ts"
import { column, modelOf, school, schoolTables, source, student, enrolment, table } from "../../support/models.ts"

const merchant = column("merchant_id")
const nobodys = column("merchant_id", "integer", true)

/** Rows of merchants in every form: in a column, at the end of a path, shared, in partitions; and a table that is everybody's. */
export const shop: TenantModel = modelOf(
  table("currency", { columns: [column("id"), column("code", "text")] }),
  school,
  student,
  enrolment,
  table("notice", { columns: [column("id"), nobodys], tenant: source("merchantId", nobodys) }),
  table("event", {
    columns: [column("id"), merchant],
    primaryKey: ["id", "merchant_id"],
    tenant: source("merchantId", merchant),
  }),
)

export const shopOptions: RowSecurityOptions = { infer: ["Enrolment"], foreignKeys: "scoped" }

const shopTables: readonly string[] = [
  ...schoolTables,
  "create table currency (id integer primary key, code text)",
  "create table notice (id integer primary key, merchant_id integer)",
  "create table event (id integer, merchant_id integer not null, primary key (id, merchant_id)) partition by range (id)",
  "create table event_1 partition of event for values from (0) to (100)",
  "insert into currency values (1, 'EUR')",
  "insert into notice values (1, 1), (2, 2), (3, null)",
  "insert into event values (1, 1), (2, 2)",
  "create view open_school with (security_invoker = true) as select * from school",
]

/** A database in which everything is as it should be; the application may do what applications do. */
export async function openShop(kind: "postgresql" | "pglite"): Promise<Lab> {
  const lab = await openLab(kind, [...shopTables, ...rowSecurity(shop, shopOptions).up])
  await lab.apply([
    `revoke insert, update, delete on currency from ${lab.role}`,
    `revoke all on event_1 from ${lab.role}`,
  ])
  return lab
}

/** What an audit of the application's role finds, without what is long. */
export type Found = Pick<Finding, "severity" | "code" | "table" | "object">

export interface Seeded {
  audit(options?: AuditOptions): Promise<AuditReport>
  /** Several statements at once. */
  run(statements: string): Promise<unknown>
  /** Runs a statement as the application, for merchant 1. */
  asMerchant(statement: string): Promise<unknown>
  /** The tables and views in which the application sees rows of merchant 2 while it works for merchant 1. */
  foreignRows(): Promise<string[]>
}

/** Changes a database, looks at it, and takes everything back. */
export async function seeded<Result>(
  lab: Lab,
  statements: readonly string[],
  look: (seed: Seeded) => Promise<Result>,
  model: TenantModel = shop,
): Promise<Result> {
  await lab.admin.query("begin")
  try {
    for (const statement of statements) await lab.admin.query(statement.replaceAll(":app", lab.role))
    return await look({
      audit: (options = {}) => audit(lab.admin, model, { ...shopOptions, role: lab.role, ...options }),
      run: (statements) => runAll(lab, statements),
      asMerchant: (statement) => asMerchant(lab, () => lab.admin.query(statement)),
      foreignRows: () => asMerchant(lab, () => foreignRows(lab)),
    })
  } finally {
    await lab.admin.query("rollback")
  }
}

/** PGlite takes several statements by another name. */
function runAll({ database, admin }: Lab, statements: string): Promise<unknown> {
  if (database.kind === "postgresql") return admin.query(statements)
  return (database.ormConfig().driverOptions as { readonly pglite: PGlite }).pglite.exec(statements)
}

async function asMerchant<Result>({ admin, role }: Lab, run: () => Promise<Result>): Promise<Result> {
  await admin.query("select set_config('app.tenant_id', '1', true)")
  await admin.query(`set local role ${role}`)
  const result = await run()
  await admin.query("reset role")
  return result
}

async function foreignRows({ admin }: Lab): Promise<string[]> {
  const { rows } = await admin.query(`
    select attrelid::regclass::text as name from pg_attribute join pg_class on pg_class.oid = attrelid
    where attname = 'merchant_id' and relkind in ('r', 'p', 'v', 'm') and has_table_privilege(attrelid, 'select')
      and has_schema_privilege(relnamespace, 'usage')
    order by (attrelid::regclass::text) collate "C"`)
  const seen: string[] = []
  for (const { name } of rows) {
    const found = await admin.query(`select from ${String(name)} where merchant_id <> 1`)
    if (found.rows.length > 0) seen.push(String(name))
  }
  return seen
}

export function brief({ findings }: AuditReport): Found[] {
  return findings.map(({ severity, code, table: of, object }) => ({
    severity,
    code,
    ...(of === undefined ? {} : { table: of }),
    ...(object === undefined ? {} : { object }),
  }))
}
