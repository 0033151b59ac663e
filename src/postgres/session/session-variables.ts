import { tenantsOf } from "../../core/scope-tenants.ts"
import type { Scope } from "../../core/scope-context.ts"
import { TenantFailsafeError } from "../../core/errors.ts"
import type { TenantSchemas } from "../schemas/tenant-schemas.ts"
import { identifier, literal } from "../sql-text.ts"

/** How a scope is told to the database. */
export interface SessionSettings {
  /** The setting that holds the tenant. */
  readonly setting: string
  /** The setting that holds the tenants that may be read, as a JSON list of texts. */
  readonly setsSetting: string
  /** Set where the tenants are signed: the setting that holds the token, and what makes one. */
  readonly signing: { readonly setting: string; readonly sign: (tenants: readonly string[]) => string } | undefined
  /** Set where each tenant has a schema of its own. */
  readonly schemas: TenantSchemas | undefined
}

/** A setting of the session, and the value that it has for one transaction. */
export interface SessionVariable {
  readonly name: string
  /** As `set_config` takes it. */
  readonly value: string
  /** As `set` takes it. */
  readonly sql: string
  /** Whether whoever reads it could use it. */
  readonly isSecret: boolean
}

/**
 * The settings that tell the database whose rows a scope owns. Outside any scope and in `withoutTenant` they are empty, which takes away
 * whatever an earlier statement left behind.
 */
export function sessionVariables(scope: Scope | undefined, settings: SessionSettings): readonly SessionVariable[] {
  const { schemas } = settings
  const tenants = tenantVariables(scope, settings)
  return schemas === undefined ? tenants : [...tenants, searchPath(scope, schemas)]
}

/** Without parameters, so that it costs one message, and none of its own behind `begin`. */
export function settingText(variables: readonly SessionVariable[]): string {
  return variables.map(({ name, sql }) => `set local ${name} = ${sql}`).join(";")
}

function tenantVariables(
  scope: Scope | undefined,
  { setting, setsSetting, signing }: SessionSettings,
): readonly SessionVariable[] {
  // As they were given: a text column compares them letter by letter.
  const tenants = (tenantsOf(scope) ?? []).map(String)
  if (signing !== undefined) {
    return [variable(signing.setting, tenants.length === 0 ? "" : signing.sign(tenants), true)]
  }
  return [
    variable(setting, tenants.length === 1 ? tenants[0]! : ""),
    variable(setsSetting, tenants.length > 1 ? JSON.stringify(tenants) : ""),
  ]
}

function variable(name: string, value: string, isSecret = false): SessionVariable {
  return { name, value, sql: literal(value), isSecret }
}

/** Outside a tenant's scope, the tables of tenants are not there. */
function searchPath(scope: Scope | undefined, schemas: TenantSchemas): SessionVariable {
  if (scope?.kind === "tenants") {
    throw new TenantFailsafeError(
      "TENANT_AMBIGUOUS",
      "Each tenant has a schema of its own, and withTenants has several. Narrow to one with withTenant(id, fn).",
      { scope: "tenants" },
    )
  }
  const own = scope?.kind === "tenant" ? [schemas.known(scope.tenant)!] : []
  const value = [...own, ...schemas.shared].map(identifier).join(", ")
  // As a list: in quotes it would be one name.
  return { name: "search_path", value, sql: value === "" ? "''" : value, isSecret: false }
}
