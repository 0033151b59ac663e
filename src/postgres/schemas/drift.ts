import type { SqlClient } from "../sql-client.ts"
import { schemaName } from "./schema-name.ts"

/** How one tenant's schema differs from the reference. */
export interface SchemaDrift {
  readonly schema: string
  /** Sorted descriptions, such as `table note`, `column note.label text not null`, `index note_label_idx (…)`. */
  readonly missing: readonly string[]
  readonly extra: readonly string[]
}

/**
 * Compares the schemas of tenants with a reference, in one query whatever their number: tables, views, columns with type, null and default,
 * constraints, indexes, sequences, triggers, policies. Returns those that differ.
 */
export async function schemaDrift(
  client: SqlClient,
  reference: string,
  schemas: readonly string[],
): Promise<readonly SchemaDrift[]> {
  const names = [reference, ...schemas].map(schemaName)
  const { rows } = await client.query(objects, [names])
  const found = new Map<string, Set<string>>(names.map((name) => [name, new Set()]))
  for (const { schema, object } of rows) found.get(schema as string)?.add(object as string)
  const expected = found.get(reference)!
  return schemas
    .map((schema) => ({
      schema,
      missing: without(expected, found.get(schema)!),
      extra: without(found.get(schema)!, expected),
    }))
    .filter(({ missing, extra }) => missing.length > 0 || extra.length > 0)
}

function without(some: ReadonlySet<string>, others: ReadonlySet<string>): string[] {
  return [...some].filter((object) => !others.has(object)).toSorted()
}

// Definitions name their own schema: taken out there, so that those of two schemas compare.
const objects = `
with tables as (
  select n.nspname as schema, c.oid, c.relname as name, c.relkind as kind, c.relrowsecurity, c.relforcerowsecurity
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname = any ($1) and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
), described (schema, object, definition) as (
  select schema, case kind when 'v' then 'view ' when 'm' then 'materialized view ' when 'S' then 'sequence ' else 'table ' end || name, ''
  from tables
  union all
  select t.schema, 'column ' || t.name || '.' || a.attname || ' ',
    pg_catalog.format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end
      || coalesce(' default ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid), '')
  from tables t join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
    left join pg_catalog.pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
  where t.kind <> 'S'
  union all
  select t.schema, 'definition of ' || t.name || ':', pg_catalog.pg_get_viewdef(t.oid) from tables t where t.kind in ('v', 'm')
  union all
  select t.schema, 'constraint ' || t.name || '.' || c.conname || ' ', pg_catalog.pg_get_constraintdef(c.oid)
  from tables t join pg_catalog.pg_constraint c on c.conrelid = t.oid where c.contype <> 'n'
  union all
  select t.schema, 'index of ' || t.name || ': ', pg_catalog.pg_get_indexdef(i.indexrelid)
  from tables t join pg_catalog.pg_index i on i.indrelid = t.oid
  union all
  select t.schema, 'trigger of ' || t.name || ': ', pg_catalog.pg_get_triggerdef(g.oid)
  from tables t join pg_catalog.pg_trigger g on g.tgrelid = t.oid where not g.tgisinternal
  union all
  select t.schema, 'policy ' || t.name || '.' || p.polname || ' for ' || p.polcmd::text,
    coalesce(' using ' || pg_catalog.pg_get_expr(p.polqual, p.polrelid), '')
      || coalesce(' check ' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid), '')
  from tables t join pg_catalog.pg_policy p on p.polrelid = t.oid
  union all
  select schema, 'row level security of ' || name, case when relforcerowsecurity then ' (forced)' else '' end
  from tables where relrowsecurity
)
select schema, object || regexp_replace(definition, '\\m' || schema || '\\.', '', 'g') as object from described`
