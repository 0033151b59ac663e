import { TenantFailsafeError } from "../../core/errors.ts"
import { invalid } from "../../core/options.ts"
import { tenantKey, type TenantId } from "../../core/tenant-id.ts"
import { schemaName } from "./schema-name.ts"

/** Which schema a tenant has. */
export interface TenantSchemasOptions {
  /** Finds the schema of a tenant, in a table of tenants for instance; undefined for a tenant that has none. */
  readonly find: (tenant: TenantId) => string | undefined | Promise<string | undefined>
  /** Schemas behind the tenant's own in the `search_path`, for tables that all tenants share. `["public"]` by default. */
  readonly shared?: readonly string[]
}

/** Finds each tenant's schema once. */
export class TenantSchemas {
  readonly shared: readonly string[]
  readonly #find: TenantSchemasOptions["find"]
  readonly #known = new Map<string, string>()
  readonly #asked = new Map<string, Promise<string>>()

  constructor({ find, shared = ["public"] }: TenantSchemasOptions) {
    if (typeof find !== "function")
      throw invalid("schemas.find must be a function from a tenant to its schema.", { option: "schemas" })
    this.#find = find
    this.shared = shared.map((schema) => (schema === "public" ? schema : schemaName(schema)))
  }

  /** The schema of a tenant that was found before. */
  known(tenant: TenantId): string | undefined {
    return this.#known.get(tenantKey(tenant))
  }

  /**
   * Finds the schema of a tenant; asks once, however many ask at a time. A tenant without a schema is asked for again.
   *
   * @throws {TenantFailsafeError} `TENANT_INVALID` for a tenant that has none; `OPTION_INVALID` for a name that is none
   */
  async of(tenant: TenantId): Promise<string> {
    const key = tenantKey(tenant)
    const asked = this.#asked.get(key) ?? this.#ask(key, tenant)
    this.#asked.set(key, asked)
    try {
      return await asked
    } finally {
      this.#asked.delete(key)
    }
  }

  /** Forgets a tenant whose schema was renamed or dropped. */
  forget(tenant: TenantId): void {
    this.#known.delete(tenantKey(tenant))
  }

  async #ask(key: string, tenant: TenantId): Promise<string> {
    const found = this.#known.get(key) ?? (await this.#find(tenant))
    if (found === undefined) {
      throw new TenantFailsafeError(
        "TENANT_INVALID",
        "The current tenant has no schema. Provision one, or check what schemas.find returns for it.",
        {},
      )
    }
    const schema = schemaName(found)
    this.#known.set(key, schema)
    return schema
  }
}
