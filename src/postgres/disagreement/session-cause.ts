import type { RowSecurityDiagnosis } from "../../core/row-security.ts"
import type { ScopeContext } from "../../core/scope-context.ts"
import { rowTenantKey } from "../../core/tenant-id.ts"
import type { SqlClient } from "../sql-client.ts"
import { identifier } from "../sql-text.ts"
import type { TenantFunctions } from "../tenant-functions.ts"

/** Compares the tenants that the policies' functions tell with those of the scope that the statement is sent from. */
export async function sessionCause(
  client: SqlClient,
  functions: TenantFunctions,
  { scope, owned }: ScopeContext,
): Promise<RowSecurityDiagnosis | undefined> {
  const app = identifier(functions.schema)
  const { rows } = await client.query(`select ${app}.tenant() as tenant, ${app}.tenants() as tenants`)
  const { tenant, tenants } = rows[0] as { readonly tenant: string | null; readonly tenants: readonly string[] | null }
  const told = scope?.kind === "tenant" ? (tenant === null ? [] : [tenant]) : (tenants ?? [])
  const where = `${functions.schema}.${scope?.kind === "tenant" ? "tenant" : "tenants"}()`
  const mend =
    "Give withTenantSession the settings that the functions in the database read, and no role or database a default of them."
  if (told.length === 0) {
    return { cause: "session-not-set", explanation: `${where} returns no tenant to this session. ${mend}` }
  }
  if (told.every((id) => owned?.has(rowTenantKey(id) ?? "") === true)) return undefined
  return { cause: "session-other-tenant", explanation: `${where} returns another tenant than the scope's. ${mend}` }
}
