import { invalid } from "../../core/options.ts"

/**
 * Returns the name of a tenant's schema when it is one that needs no quotes: lower-case letters, digits and underscores, at most 63,
 * none of PostgreSQL's own.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID` for everything else, without repeating it
 */
export function schemaName(name: unknown): string {
  if (typeof name === "string" && /^[a-z_][a-z0-9_]{0,62}$/.test(name) && !isReserved(name)) return name
  throw invalid(
    "A tenant's schema needs a name of lower-case letters, digits and underscores, at most 63 of them, that begins with no digit and " +
      "is none of PostgreSQL's own (pg_…, information_schema, public).",
    { option: "schema" },
  )
}

function isReserved(name: string): boolean {
  return name.startsWith("pg_") || name === "information_schema" || name === "public"
}
