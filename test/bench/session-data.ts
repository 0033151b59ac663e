import { escapeIdentifier, type Client } from "pg"
import { installTenantKeys, rowSecurity, signedFunctions, type SigningKey } from "../../src/postgres/index.ts"
import { column, modelOf, source, table } from "../postgres/support/models.ts"

/** The tenant of the requests; it has the rows whose number is one more than a multiple of a hundred. */
export const tenant = 1
export const ownRow = 501
export const foreignRow = 502

export const signingKey: SigningKey = { id: "bench", secret: "a key of the benchmark alone, never a secret" }
export const schemaOfTenant = "tenant_1"

/** The functions whose tenants are signed, beside the plain ones. */
const signedSchema = "signed_app"

/**
 * The same rows in each table: one without policies, one for each session mode. `policies` is no session: the connection has the
 * tenant once and for all, so that what is left is what policies cost by themselves.
 */
export const tableOf = {
  none: "free_item",
  policies: "item",
  plain: "item",
  signed: "signed_item",
  schema: "schema_item",
} as const

export async function seedSessions(admin: Client, role: string): Promise<void> {
  const rows = "select n as id, 'item ' || n as label, n % 100 as tenant_id from generate_series(1, 10000) n"
  await admin.query(`create schema ${schemaOfTenant}`)
  for (const name of ["free_item", "item", "signed_item", `${schemaOfTenant}.schema_item`]) {
    const own = name.endsWith("schema_item") ? ` where n % 100 = ${tenant}` : ""
    await admin.query(`create table ${name} as ${rows}${own}`)
    await admin.query(`alter table ${name} add primary key (id), alter column tenant_id set not null`)
  }
  await admin.query("create index on free_item (tenant_id)")
  const statements = [
    ...planFor("item", "app"),
    ...planFor("signed_item", signedSchema),
    ...signedFunctions({ schema: signedSchema }),
  ]
  for (const statement of statements) await admin.query(statement)
  await installTenantKeys(admin, [signingKey], { schema: signedSchema })
  for (const schema of ["public", schemaOfTenant]) {
    await admin.query(`grant usage on schema ${schema} to ${escapeIdentifier(role)}`)
    await admin.query(`grant select on all tables in schema ${schema} to ${escapeIdentifier(role)}`)
  }
  await admin.query("vacuum analyze")
}

function planFor(name: string, schema: string): readonly string[] {
  const own = column("tenant_id")
  const model = modelOf(
    table(name, { columns: [column("id"), column("label", "text"), own], tenant: source("tenantId", own) }),
  )
  return rowSecurity(model, { functions: { schema } }).up
}
