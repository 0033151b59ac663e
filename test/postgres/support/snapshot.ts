import type { SqlClient } from "../../../src/postgres/index.ts"

/** Everything that a plan could leave behind, without numbers that differ from run to run. */
export async function snapshot(client: SqlClient): Promise<Record<string, unknown[]>> {
  const found: Record<string, unknown[]> = {}
  for (const [name, query] of Object.entries(queries)) found[name] = (await client.query(query)).rows
  return found
}

const own = "nspname !~ '^pg_' and nspname <> 'information_schema'"

const queries = {
  schemas: `select nspname, coalesce(nspacl, acldefault('n', nspowner))::text as acl from pg_namespace where ${own} order by 1`,
  tables: `select nspname, relname, relkind, relrowsecurity, relforcerowsecurity, relacl::text from pg_class
    join pg_namespace space on space.oid = relnamespace where ${own} order by 1, 2`,
  columns: `select attrelid::regclass::text as of, attname, format_type(atttypid, atttypmod), attnotnull,
    col_description(attrelid, attnum) from pg_attribute join pg_class class on class.oid = attrelid
    join pg_namespace space on space.oid = relnamespace where ${own} and attnum > 0 and not attisdropped order by 1, 2`,
  constraints: `select conrelid::regclass::text as of, conname, pg_get_constraintdef(con.oid) from pg_constraint con
    join pg_namespace space on space.oid = connamespace where ${own} order by 1, 2`,
  indexes: `select schemaname, indexname, indexdef from pg_indexes where schemaname !~ '^pg_' order by 1, 2`,
  triggers: `select tgrelid::regclass::text as of, tgname, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal order by 1, 2`,
  policies: `select polrelid::regclass::text as of, polname, polcmd, polpermissive, polroles::text,
    pg_get_expr(polqual, polrelid) as using, pg_get_expr(polwithcheck, polrelid) as check,
    obj_description(oid, 'pg_policy') as comment from pg_policy order by 1, 2`,
  functions: `select nspname, proname, pg_get_functiondef(proc.oid) from pg_proc proc
    join pg_namespace space on space.oid = pronamespace where ${own} order by 1, 2`,
}
