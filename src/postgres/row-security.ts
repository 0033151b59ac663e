import { invalid } from "../core/options.ts"
import { nameOf, type TenantModel } from "../core/tenant-model.ts"
import { readCatalog, type Catalog } from "./catalog.ts"
import type { Change } from "./change.ts"
import { columnChanges, scopedKeyChanges } from "./change-columns.ts"
import { functionChanges } from "./change-functions.ts"
import { indexChanges } from "./change-indexes.ts"
import { policyChanges } from "./change-policies.ts"
import { readRowSecurityOptions, type RowSecurityOptions, type RowSecuritySettings, type Security } from "./options.ts"
import { ownedTables, type OwnedTable } from "./owned-tables.ts"
import { policiesOf, type Policy } from "./policies.ts"
import { tenantFunctionsChange, type TenantFunctions } from "./tenant-functions.ts"
import type { SqlClient } from "./sql-client.ts"

/** What row level security a database gets. */
export interface RowSecurityPlan {
  /** One statement each, to be run in this order and in one transaction. */
  readonly up: readonly string[]
  /** Takes `up` back. */
  readonly down: readonly string[]
  /** Every table that is judged, whether or not there is something to do for it. */
  readonly tables: readonly TablePlan[]
  /** What a reader should know, such as a choice between paths. */
  readonly notes: readonly string[]
}

/** How the rows of one table are judged. */
export interface TablePlan {
  readonly schema: string | undefined
  readonly name: string
  readonly entity: string
  /** `"column"`: a column that is there anyway; `"written"`: conditions of the application's own. */
  readonly form: OwnedTable["form"]
  /** The property path of the tenant, or the columns of the references that it was inferred from. */
  readonly path: string | undefined
  readonly security: Security
  readonly policies: readonly Policy[]
}

/**
 * The row level security of a model, as SQL: functions that tell the tenant, policies, indexes, and the columns of tables that have
 * their tenant elsewhere. `up` may be repeated: it changes nothing the second time. `down` assumes a database as the ORM makes it, without
 * row security; `rowSecurityChanges` looks at a database instead.
 *
 * Run `up` as a role with BYPASSRLS: an owner that row security holds for could not fill the columns, and is refused.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID` with the entity, the reference and what to do
 *
 * @example
 * const { up, down } = rowSecurity(tenantModel(orm), { infer: ["Enrolment"] })
 */
export function rowSecurity(model: TenantModel, options: RowSecurityOptions = {}): RowSecurityPlan {
  return plan(model, readRowSecurityOptions(options), undefined)
}

/**
 * What is missing in a database: the same plan without what is there already. Its `down` restores what it found. Reads a few queries'
 * worth of the catalog, and changes nothing.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`, also where a table is missing
 */
export async function rowSecurityChanges(
  client: SqlClient,
  model: TenantModel,
  options: RowSecurityOptions = {},
): Promise<RowSecurityPlan> {
  const settings = readRowSecurityOptions(options)
  return plan(model, settings, await readCatalog(client, model.tables, settings.functions.schema))
}

/** The functions that policies ask for the tenant, alone: what native policies of an ORM need before them. */
export function tenantFunctions(functions: Partial<TenantFunctions> = {}): Change {
  return tenantFunctionsChange(readRowSecurityOptions({ functions }).functions)
}

function plan(model: TenantModel, settings: RowSecuritySettings, catalog: Catalog | undefined): RowSecurityPlan {
  const { tables, notes } = ownedTables(model, settings)
  if (catalog !== undefined) assertThere(tables, catalog)
  const changes = once([
    ...functionChanges(settings.functions, catalog?.functions),
    ...tables.flatMap((owned) => columnChanges(owned, settings.functions.schema, catalog)),
    ...(settings.foreignKeys === "scoped" ? scopedKeys(tables, catalog, notes) : []),
    ...(settings.indexes ? tables.flatMap(({ table, column }) => indexChanges(table, column, catalog)) : []),
    ...tables.flatMap((owned) => {
      const live = catalog?.tables.get(nameOf(owned.table))
      return policyChanges(owned.table, policiesOf(owned, settings), owned.security, live)
    }),
  ])
  return {
    up: changes.flatMap(({ up }) => up),
    down: changes.toReversed().flatMap(({ down }) => down),
    tables: tables.map((owned) => tablePlan(owned, settings)),
    notes,
  }
}

/** References between tables that both have a tenant column. */
function scopedKeys(tables: readonly OwnedTable[], catalog: Catalog | undefined, notes: string[]): Change[] {
  const byName = new Map(tables.map((owned) => [nameOf(owned.table), owned]))
  return tables.flatMap(({ table, column, copies }) =>
    table.foreignKeys.flatMap((key) => {
      const parent = byName.get(nameOf(key.target))
      if (column === undefined || parent?.column === undefined || key === copies?.hop) return []
      if (key.columns.includes(column.name)) return []
      if (!parent.column.isNullable) return scopedKeyChanges(table, key, column, parent.table, parent.column, catalog)
      notes.push(
        `${table.name}.${key.columns.join("+")} stays as it is: rows of ${parent.table.name} may be shared, and a foreign key with ` +
          "the tenant would refuse references to them.",
      )
      return []
    }),
  )
}

/** Two tables may need the same key of their parent. */
function once(changes: readonly Change[]): Change[] {
  const seen = new Set<string>()
  return changes.filter(({ up }) => {
    const text = JSON.stringify(up)
    return seen.size < seen.add(text).size
  })
}

function tablePlan(owned: OwnedTable, settings: RowSecuritySettings): TablePlan {
  const { table, form, source, security } = owned
  const { schema, name, entity } = table
  return { schema, name, entity, form, path: source?.path, security, policies: policiesOf(owned, settings) }
}

function assertThere(tables: readonly OwnedTable[], catalog: Catalog): void {
  for (const { table } of tables) {
    if (catalog.tables.has(nameOf(table))) continue
    throw invalid(
      `The database has no table '${table.name}' for ${table.entity}. Run the application's migrations first, and check that the ` +
        "connection leads to its database.",
      { entity: table.entity, table: table.name },
    )
  }
}
