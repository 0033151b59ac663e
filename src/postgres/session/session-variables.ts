import { tenantsOf } from "../../core/scope-tenants.ts"
import type { Scope } from "../../core/scope-context.ts"
import { TenantFailsafeError } from "../../core/errors.ts"
import type { TenantSchemas } from "../schemas/tenant-schemas.ts"
import { identifier, literal } from "../sql-text.ts"
import { signTenants, type SigningKey } from "./sign-tenants.ts"

/** How a scope is told to the database. */
export interface SessionSettings {
  /** The setting that holds the tenant. */
  readonly setting: string
  /** The setting that holds the tenants that may be read, as a JSON list of texts. */
  readonly setsSetting: string
  /** Set where the tenants are signed: the setting that holds the token, the key that signs, for how many seconds it holds. */
  readonly signing: { readonly setting: string; readonly key: SigningKey; readonly lifetime: number } | undefined
  /** Set where each tenant has a schema of its own. */
  readonly schemas: TenantSchemas | undefined
}

/** A setting of the session, and the value that it has for one transaction, as SQL. */
export type SessionVariable = readonly [name: string, value: string]

/**
 * The settings that tell the database whose rows a scope owns. Outside any scope and in `withoutTenant` they are empty, which takes away
 * whatever an earlier statement left behind.
 */
export function sessionVariables(scope: Scope | undefined, settings: SessionSettings): readonly SessionVariable[] {
  const { schemas } = settings
  const tenants = tenantVariables(scope, settings)
  return schemas === undefined ? tenants : [...tenants, ["search_path", searchPath(scope, schemas)]]
}

function tenantVariables(
  scope: Scope | undefined,
  { setting, setsSetting, signing }: SessionSettings,
): readonly SessionVariable[] {
  // As they were given: a text column compares them letter by letter.
  const tenants = (tenantsOf(scope) ?? []).map(String)
  if (signing !== undefined) {
    const token = tenants.length === 0 ? "" : signTenants(tenants, signing.key, signing.lifetime)
    return [[signing.setting, literal(token)]]
  }
  return [
    [setting, literal(tenants.length === 1 ? tenants[0]! : "")],
    [setsSetting, literal(tenants.length > 1 ? JSON.stringify(tenants) : "")],
  ]
}

/** Outside a tenant's scope, the tables of tenants are not there. */
function searchPath(scope: Scope | undefined, schemas: TenantSchemas): string {
  if (scope?.kind === "tenants") {
    throw new TenantFailsafeError(
      "TENANT_AMBIGUOUS",
      "Each tenant has a schema of its own, and withTenants has several. Narrow to one with withTenant(id, fn).",
      { scope: "tenants" },
    )
  }
  const own = scope?.kind === "tenant" ? [schemas.known(scope.tenant)!] : []
  const path = [...own, ...schemas.shared]
  return path.length === 0 ? "''" : path.map(identifier).join(", ")
}
