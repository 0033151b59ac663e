import { invalid } from "../core/options.ts"
import { dollarQuoted, identifier, literal } from "./sql-text.ts"

/** The names of the three roles, and where they work. */
export interface RoleOptions {
  /** Runs migrations; row security does not hold for it. The application never connects as it. */
  readonly migrator: string
  /** Owns the tables; nobody connects as it. */
  readonly owner: string
  /** The application's. */
  readonly app: string
  /** The schema, or schemas, of the tables. */
  readonly schema: string | readonly string[]
  readonly database: string
}

/**
 * The roles under which row level security holds, as statements for a superuser; they may be repeated. No passwords are in them: set them
 * with `\password`. After each migration, `reassign owned by <migrator> to <owner>` (the last statement) hands over what it created.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID` where two roles have one name
 */
export function rolesSql({ migrator, owner, app, schema, database }: RoleOptions): readonly string[] {
  if (new Set([migrator, owner, app]).size < 3) {
    throw invalid("migrator, owner and app must be three roles: one that is both is not held by row security.", {
      migrator,
      owner,
      app,
    })
  }
  const [m, o, a, d] = [migrator, owner, app, database].map(identifier) as [string, string, string, string]
  const schemas = typeof schema === "string" ? [schema] : schema
  return [
    ...[owner, migrator, app].map(createRole),
    `alter role ${o} with nologin nosuperuser nobypassrls nocreatedb nocreaterole noreplication`,
    `alter role ${m} with login nosuperuser bypassrls nocreatedb nocreaterole noreplication inherit`,
    `alter role ${a} with login nosuperuser nobypassrls nocreatedb nocreaterole noreplication`,
    // As a member it may alter what the owner has, and remains exempt from row security.
    `grant ${o} to ${m}`,
    // A temporary table could stand in for one that a function names; PUBLIC may create them unless it is told otherwise.
    `revoke temporary, create on database ${d} from public`,
    `revoke temporary, create on database ${d} from ${a}`,
    `grant connect on database ${d} to ${m}, ${a}`,
    // For the schema of the functions.
    `grant create on database ${d} to ${m}, ${o}`,
    ...schemas.flatMap((name) => inSchema(identifier(name), { m, o, a })),
    `reassign owned by ${m} to ${o}`,
  ]
}

function createRole(name: string): string {
  const body = `begin\n  if not exists (select from pg_catalog.pg_roles where rolname = ${literal(name)}) then\n    create role ${identifier(name)};\n  end if;\nend`
  return `do ${dollarQuoted(body)}`
}

function inSchema(
  schema: string,
  { m, o, a }: { readonly m: string; readonly o: string; readonly a: string },
): string[] {
  const defaults = `alter default privileges for role ${m}, ${o} in schema ${schema}`
  return [
    `revoke create on schema ${schema} from public`,
    `revoke create on schema ${schema} from ${a}`,
    `grant usage, create on schema ${schema} to ${m}, ${o}`,
    `grant usage on schema ${schema} to ${a}`,
    `revoke all on all tables in schema ${schema} from public`,
    // TRUNCATE empties a table for every tenant, and REFERENCES and TRIGGER reach around policies.
    `revoke all on all tables in schema ${schema} from ${a}`,
    `grant select, insert, update, delete on all tables in schema ${schema} to ${a}`,
    `grant usage, select on all sequences in schema ${schema} to ${a}`,
    `${defaults} grant select, insert, update, delete on tables to ${a}`,
    `${defaults} grant usage, select on sequences to ${a}`,
  ]
}
