import { nameOf, type TenantModel } from "../core/tenant-model.ts"
import { readCatalog, type LiveFunctions, type LiveTable } from "./catalog.ts"
import { columnComment, copyFunctionName } from "./change-columns.ts"
import { isOwnFunction } from "./change-functions.ts"
import { readRowSecurityOptions, type RowSecurityOptions } from "./options.ts"
import { dropPolicy, isOwnPolicy } from "./policies.ts"
import type { SqlClient } from "./sql-client.ts"
import { identifier, isOwnName } from "./sql-text.ts"
import { dropSchemaIfEmpty, functionTexts, type TenantFunctions } from "./tenant-functions.ts"

/** The row level security of one table as it is in a database. */
export interface LiveSecurity {
  readonly entity: string
  /** Undefined where the database has no such table. */
  readonly live: LiveTable | undefined
}

/** Reads what is in force for each table of a model. */
export async function liveRowSecurity(
  client: SqlClient,
  model: TenantModel,
  options: RowSecurityOptions = {},
): Promise<LiveSecurity[]> {
  const { functions } = readRowSecurityOptions(options)
  const { tables } = await readCatalog(client, model.tables, functions.schema)
  return model.tables.map((table) => ({ entity: table.entity, live: tables.get(nameOf(table)) }))
}

/**
 * The statements that take away what this package made in a database, whatever the options were at the time: policies, triggers, foreign
 * keys, indexes, columns, functions. Where no policy is left on a table, its row security is switched off; where others are, it stays.
 */
export async function rowSecurityRemoval(
  client: SqlClient,
  model: TenantModel,
  options: RowSecurityOptions = {},
): Promise<readonly string[]> {
  const { functions } = readRowSecurityOptions(options)
  const catalog = await readCatalog(client, model.tables, functions.schema)
  const schema = identifier(functions.schema)
  const tables = [...catalog.tables.values()]
  return [
    ...tables.flatMap(withoutPolicies),
    ...tables.flatMap(({ triggers, ...table }) =>
      triggers.filter(isOwnName).map((name) => `drop trigger ${identifier(name)} on ${liveText(table)}`),
    ),
    // The keys that others refer to go last.
    ...tables.flatMap((table) => withoutConstraints(table, true)),
    ...tables.flatMap((table) => withoutConstraints(table, false)),
    ...tables.flatMap(withoutIndexes),
    ...tables.flatMap(withoutColumns),
    ...ownFunctions(model, functions, catalog.functions).map((name) => `drop function ${schema}.${identifier(name)}()`),
    ...(catalog.functions.hasSchema ? [dropSchemaIfEmpty(functions.schema)] : []),
  ]
}

/** Those that others call go last. */
function ownFunctions(model: TenantModel, functions: TenantFunctions, { byName }: LiveFunctions): string[] {
  const copying = model.tables.map(copyFunctionName).filter((name) => byName.has(name))
  const asking = functionTexts(functions).filter(({ name, body }) => {
    const existing = byName.get(name)
    return existing !== undefined && isOwnFunction(existing, body)
  })
  return [...copying, ...asking.toReversed().map(({ name }) => name)]
}

function withoutPolicies(table: LiveTable): string[] {
  const own = table.policies.filter(({ name }) => isOwnPolicy(name))
  if (own.length === 0) return []
  const alter = `alter table ${liveText(table)}`
  const others = table.policies.length - own.length
  return [
    ...own.map(({ name }) => dropPolicy(table, name)),
    ...(others === 0 && table.isForced ? [`${alter} no force row level security`] : []),
    ...(others === 0 && table.isEnabled ? [`${alter} disable row level security`] : []),
  ]
}

function withoutConstraints(table: LiveTable, areForeignKeys: boolean): string[] {
  return table.constraints
    .filter(({ name, isForeignKey }) => isOwnName(name) && isForeignKey === areForeignKeys)
    .map(({ name }) => `alter table ${liveText(table)} drop constraint ${identifier(name)}`)
}

function withoutIndexes(table: LiveTable): string[] {
  return table.indexes
    .filter(({ name }) => isOwnName(name) && table.constraints.every((constraint) => constraint.name !== name))
    .map(({ name }) => `drop index ${identifier(table.schema)}.${identifier(name)}`)
}

function withoutColumns(table: LiveTable): string[] {
  return table.columns
    .filter(({ comment }) => comment === columnComment)
    .map(({ name }) => `alter table ${liveText(table)} drop column ${identifier(name)}`)
}

function liveText({ schema, name }: Pick<LiveTable, "schema" | "name">): string {
  return `${identifier(schema)}.${identifier(name)}`
}
