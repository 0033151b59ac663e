import type { Change } from "./change.ts"
import { dollarQuoted, identifier, literal } from "./sql-text.ts"
import { castType } from "./sql-types.ts"

/** How policies ask for the tenant. */
export interface TenantFunctions {
  /** The schema of the functions. */
  readonly schema: string
  /** The setting that holds the tenant. */
  readonly setting: string
  /** The setting that holds the tenants that may be read, as a JSON list of texts. */
  readonly setsSetting: string
}

/** A function, and the expression that it returns. */
export interface FunctionText {
  readonly name: "tenant" | "tenants"
  readonly returns: string
  readonly body: string
  readonly create: string
}

/**
 * Bodies in the standard's form are parsed when they are created: no `search_path` of a session gives their names another meaning. After a
 * transaction-local setting is over, PostgreSQL leaves `''` behind, which is no tenant.
 */
export function functionTexts({ schema, setting, setsSetting }: TenantFunctions): FunctionText[] {
  const tenant = `${identifier(schema)}.tenant()`
  const set = settingText(setsSetting)
  const bodies = [
    { name: "tenant", returns: "text", body: settingText(setting) },
    {
      name: "tenants",
      returns: "text[]",
      body:
        `case\n  when ${set} is not null then array(select pg_catalog.jsonb_array_elements_text(${set}::jsonb))\n` +
        `  when ${tenant} is not null then array[${tenant}]\n  else null::text[]\nend`,
    },
  ] as const
  return bodies.map((text) => ({ ...text, create: createFunction(schema, text) }))
}

function settingText(name: string): string {
  return `nullif(pg_catalog.current_setting(${literal(name)}, true), '')`
}

function createFunction(schema: string, { name, returns, body }: Omit<FunctionText, "create">): string {
  const head = `create or replace function ${identifier(schema)}.${name}() returns ${returns}`
  return `${head} language sql stable parallel safe\nreturn ${body}`
}

/** The schema and the functions, in statements that may be repeated; taking them back leaves a schema that others use. */
export function tenantFunctionsChange(functions: TenantFunctions): Change {
  const schema = identifier(functions.schema)
  const texts = functionTexts(functions)
  return {
    up: [
      `create schema if not exists ${schema}`,
      `grant usage on schema ${schema} to public`,
      ...texts.map(({ create }) => create),
    ],
    down: [
      ...texts.toReversed().map(({ name }) => `drop function if exists ${schema}.${name}()`),
      dropSchemaIfEmpty(functions.schema),
    ],
  }
}

export function dropSchemaIfEmpty(name: string): string {
  const drop = `drop schema if exists ${identifier(name)};`
  return `do ${dollarQuoted(`begin\n  ${drop}\nexception when dependent_objects_still_exist then null;\nend`)}`
}

/** `(select app.tenant()::integer)`: evaluated once for a statement; the column stays as it is, so that its index serves. */
export function tenantText({ schema }: TenantFunctions, columnType: string): string {
  return `(select ${identifier(schema)}.tenant()${castOf(columnType)})`
}

/** The set that may be read, as an array of the column's type. */
export function tenantsText({ schema }: TenantFunctions, columnType: string): string {
  const type = castType(columnType)
  const cast = type === undefined ? "" : `::${type}[]`
  // The outer cast says that the sub-select yields one array, and not rows to compare with.
  return `((select ${identifier(schema)}.tenants()${cast})::${type ?? "text"}[])`
}

function castOf(columnType: string): string {
  const type = castType(columnType)
  return type === undefined ? "" : `::${type}`
}
