import { nameOf, type TableName } from "../core/tenant-model.ts"
import { tableText } from "./sql-text.ts"
import type { SqlClient } from "./sql-client.ts"

/** What a database has for row level security, of the tables that were asked for. */
export interface Catalog {
  /** By `nameOf`; without the tables that are not there. */
  readonly tables: ReadonlyMap<string, LiveTable>
  readonly functions: LiveFunctions
}

export interface LiveTable {
  readonly schema: string
  readonly name: string
  readonly isEnabled: boolean
  readonly isForced: boolean
  readonly policies: readonly LivePolicy[]
  readonly columns: readonly LiveColumn[]
  readonly indexes: readonly LiveIndex[]
  readonly constraints: readonly LiveConstraint[]
  readonly triggers: readonly string[]
}

/** A policy as PostgreSQL prints it. */
export interface LivePolicy {
  readonly name: string
  readonly command: "all" | "select" | "insert" | "update" | "delete"
  readonly type: "permissive" | "restrictive"
  /** `public` for everybody. */
  readonly roles: readonly string[]
  readonly using: string | null
  readonly withCheck: string | null
  readonly comment: string | null
}

export interface LiveColumn {
  readonly name: string
  readonly isNullable: boolean
  readonly comment: string | null
}

export interface LiveIndex {
  readonly name: string
  /** Without conditions; in order. */
  readonly columns: readonly string[]
  readonly isUnique: boolean
}

export interface LiveConstraint {
  readonly name: string
  readonly isForeignKey: boolean
}

/** What stands in the schema of the functions. */
export interface LiveFunctions {
  readonly hasSchema: boolean
  readonly isOpen: boolean
  /** Those without arguments. */
  readonly byName: ReadonlyMap<string, LiveFunction>
}

export interface LiveFunction {
  /** Null where it is not in the standard's form. */
  readonly body: string | null
  /** The whole statement. */
  readonly definition: string
}

type Row = Record<string, unknown>

/** Reads, with the same few queries for any number of tables, what is there; nothing is locked. */
export async function readCatalog(
  client: SqlClient,
  tables: readonly TableName[],
  functionSchema: string,
): Promise<Catalog> {
  const { rows } = await client.query(tablesQuery, [tables.map(tableText)])
  const oids = [...new Set(rows.map((row) => String(row["oid"])))]
  const parts = new Map<string, Map<string, Row[]>>()
  for (const [part, query] of Object.entries(partQueries)) {
    parts.set(
      part,
      Map.groupBy((await client.query(query, [oids])).rows, (row) => String(row["oid"])),
    )
  }
  const byText = new Map(
    rows.map((row) => [row["given"], liveTable(row, (part) => parts.get(part)!.get(String(row["oid"])) ?? [])]),
  )
  const found = tables.flatMap((table) => {
    const live = byText.get(tableText(table))
    return live === undefined ? [] : [[nameOf(table), live] as const]
  })
  return { tables: new Map(found), functions: await readFunctions(client, functionSchema) }
}

const tablesQuery = `
  select given.name as given, class.oid::text as oid, space.nspname as schema, class.relname as name,
    class.relrowsecurity as enabled, class.relforcerowsecurity as forced
  from unnest($1::text[]) as given (name)
  join pg_catalog.pg_class class on class.oid = pg_catalog.to_regclass(given.name)
  join pg_catalog.pg_namespace space on space.oid = class.relnamespace`

const partQueries = {
  policies: `
    select policy.polrelid::text as oid, policy.polname as name, policy.polpermissive as permissive,
      case policy.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end
        as command,
      case when 0::oid = any(policy.polroles) then array['public']
        else array(select rolname::text from pg_catalog.pg_roles where oid = any(policy.polroles)) end as roles,
      pg_catalog.pg_get_expr(policy.polqual, policy.polrelid) as using,
      pg_catalog.pg_get_expr(policy.polwithcheck, policy.polrelid) as "withCheck",
      pg_catalog.obj_description(policy.oid, 'pg_policy') as comment
    from pg_catalog.pg_policy policy where policy.polrelid = any($1::oid[]) order by policy.polname`,
  columns: `
    select attrelid::text as oid, attname as name, not attnotnull as nullable,
      pg_catalog.col_description(attrelid, attnum) as comment
    from pg_catalog.pg_attribute where attrelid = any($1::oid[]) and attnum > 0 and not attisdropped order by attnum`,
  indexes: `
    select index.indrelid::text as oid, class.relname as name, index.indisunique as unique,
      array(
        select coalesce(attribute.attname::text, '') from unnest(index.indkey::int2[]) with ordinality as key (number, place)
        left join pg_catalog.pg_attribute attribute on attribute.attrelid = index.indrelid and attribute.attnum = key.number
        where key.place <= index.indnkeyatts order by key.place
      ) as columns
    from pg_catalog.pg_index index join pg_catalog.pg_class class on class.oid = index.indexrelid
    where index.indrelid = any($1::oid[]) and index.indpred is null and index.indisvalid order by class.relname`,
  constraints: `
    select conrelid::text as oid, conname as name, contype = 'f' as foreign
    from pg_catalog.pg_constraint where conrelid = any($1::oid[])`,
  triggers: `
    select tgrelid::text as oid, tgname as name from pg_catalog.pg_trigger where tgrelid = any($1::oid[]) and not tgisinternal`,
} as const

function liveTable(row: Row, part: (name: keyof typeof partQueries) => readonly Row[]): LiveTable {
  return {
    schema: String(row["schema"]),
    name: String(row["name"]),
    isEnabled: row["enabled"] === true,
    isForced: row["forced"] === true,
    policies: part("policies").map(({ name, permissive, command, roles, using, withCheck, comment }) => ({
      name: String(name),
      command: command as LivePolicy["command"],
      type: permissive === true ? "permissive" : "restrictive",
      roles: roles as string[],
      using: using as string | null,
      withCheck: withCheck as string | null,
      comment: comment as string | null,
    })),
    columns: part("columns").map(({ name, nullable, comment }) => ({
      name: String(name),
      isNullable: nullable === true,
      comment: comment as string | null,
    })),
    indexes: part("indexes").map(({ name, unique, columns }) => ({
      name: String(name),
      isUnique: unique === true,
      columns: columns as string[],
    })),
    constraints: part("constraints").map(({ name, foreign }) => ({
      name: String(name),
      isForeignKey: foreign === true,
    })),
    triggers: part("triggers").map(({ name }) => String(name)),
  }
}

const functionsQuery = `
  select space.oid is not null as "hasSchema", pg_catalog.has_schema_privilege('public', space.oid, 'usage') as "isOpen",
    proc.proname as name, pg_catalog.pg_get_function_sqlbody(proc.oid) as body, pg_catalog.pg_get_functiondef(proc.oid) as definition
  from pg_catalog.pg_namespace space
  left join pg_catalog.pg_proc proc on proc.pronamespace = space.oid and proc.pronargs = 0 and proc.prokind = 'f'
  where space.nspname = $1`

async function readFunctions(client: SqlClient, schema: string): Promise<LiveFunctions> {
  const { rows } = await client.query(functionsQuery, [schema])
  const named = rows.filter(({ name }) => name !== null)
  return {
    hasSchema: rows.length > 0,
    isOpen: rows[0]?.["isOpen"] === true,
    byName: new Map(
      named.map(({ name, body, definition }) => [
        String(name),
        { body: body as string | null, definition: String(definition) },
      ]),
    ),
  }
}
