import { didYouMean } from "../core/closest-name.ts"
import { invalid } from "../core/options.ts"
import {
  nameOf,
  type ColumnModel,
  type ForeignKeyModel,
  type TableModel,
  type TenantModel,
  type TenantSource,
} from "../core/tenant-model.ts"
import { inferredSource } from "./inferred-source.ts"
import type { ChainForm, EntityRowSecurity, RowSecuritySettings, Security } from "./options.ts"

/** A table that gets row level security, and how its rows are judged. */
export interface OwnedTable {
  readonly table: TableModel
  /** `"column"`: it has its tenant in a column anyway; `"written"`: the conditions are the application's own. */
  readonly form: "column" | "written" | ChainForm
  /** Undefined only where the conditions are the application's own. */
  readonly source: TenantSource | undefined
  /** The column that the policy compares; undefined where it looks elsewhere. */
  readonly column: ColumnModel | undefined
  /** Where `"denormalise"` takes the tenant from. */
  readonly copies: Copy | undefined
  readonly security: Security
  readonly sets: boolean
  readonly shared: "read" | "write"
  readonly using: string | undefined
  readonly withCheck: string | undefined
}

/** A column that follows its parent's. */
export interface Copy {
  readonly hop: ForeignKeyModel
  readonly parent: TableModel
  readonly parentColumn: ColumnModel
  /** Whether the plan adds the column, and not the application's own schema. */
  readonly addsColumn: boolean
}

/** Every table that is judged, parents first, and what a reader should know. */
export interface OwnedTables {
  readonly tables: readonly OwnedTable[]
  readonly notes: string[]
}

/**
 * Decides for each table of a model how its rows are judged.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID` for names that no entity has, and for paths that cannot be policies
 */
export function ownedTables(model: TenantModel, settings: RowSecuritySettings): OwnedTables {
  assertNames(model, settings)
  const byName = new Map(model.tables.map((table) => [nameOf(table), table]))
  const notes: string[] = []
  const sources = new Map<TableModel, TenantSource>()
  for (const table of model.tables) {
    const source = sourceOf(table, byName, settings, notes)
    if (source !== undefined) sources.set(table, source)
  }
  const done = new Map<string, OwnedTable>()
  for (const table of model.tables) {
    const rules = settings.entities[table.entity] ?? {}
    const source = sources.get(table)
    if (source === undefined && !isWritten(table, rules)) continue
    done.set(nameOf(table), ownedTable(table, source, rules, { settings, byName, sources, done }))
  }
  const tables = [...done.values()]
  assertNoCircle(tables)
  return { tables, notes }
}

interface Known {
  readonly settings: RowSecuritySettings
  readonly byName: ReadonlyMap<string, TableModel>
  readonly sources: ReadonlyMap<TableModel, TenantSource>
  readonly done: ReadonlyMap<string, OwnedTable>
}

function sourceOf(
  table: TableModel,
  byName: ReadonlyMap<string, TableModel>,
  { infer }: RowSecuritySettings,
  notes: string[],
): TenantSource | undefined {
  if (!infer.includes(table.entity)) return table.tenant
  if (table.tenant !== undefined) {
    throw invalid(
      `infer names '${table.entity}', whose tenant is '${table.tenant.path}' already. Remove it from infer.`,
      {
        option: "infer",
        entity: table.entity,
      },
    )
  }
  const { source, note } = inferredSource(table, byName)
  if (note !== undefined) notes.push(note)
  return source
}

function isWritten(table: TableModel, { using, withCheck, ...others }: EntityRowSecurity): boolean {
  if (using !== undefined && withCheck !== undefined) return true
  if (using === undefined && withCheck === undefined && Object.keys(others).length === 0) return false
  throw invalid(
    `entities.${table.entity} says how its rows are judged, but it is not tenant-owned. Add it to infer, declare its path in the ` +
      "options of withFailsafe, or give it both using and withCheck.",
    { option: "entities", entity: table.entity },
  )
}

function ownedTable(
  table: TableModel,
  source: TenantSource | undefined,
  rules: EntityRowSecurity,
  known: Known,
): OwnedTable {
  const { settings } = known
  const common = {
    table,
    source,
    security: rules.security ?? settings.security,
    sets: rules.sets ?? settings.sets,
    shared: rules.shared ?? settings.shared,
    using: rules.using,
    withCheck: rules.withCheck,
  }
  if (source === undefined || (rules.using !== undefined && rules.withCheck !== undefined)) {
    return {
      ...common,
      form: "written",
      column: source?.through.length === 0 ? source.column : undefined,
      copies: undefined,
    }
  }
  if (source.through.length === 0) return { ...common, form: "column", column: source.column, copies: undefined }
  const form = rules.form ?? settings.form
  if (form === "array") assertSingleKeys(table, source)
  if (form !== "denormalise") return { ...common, form, column: undefined, copies: undefined }
  return { ...common, form, ...denormalised(table, source, rules, known) }
}

function denormalised(
  table: TableModel,
  source: TenantSource,
  rules: EntityRowSecurity,
  known: Known,
): Pick<OwnedTable, "column" | "copies"> {
  const hop = source.through[0]!
  const parent = known.byName.get(nameOf(hop.target))!
  const parentColumn = source.through.length === 1 ? source.column : columnOfParent(table, source, parent, known)
  const name = rules.column ?? parentColumn.name
  const existing = table.columns.find((column) => column.name === name)
  if (existing !== undefined && rules.column === undefined) {
    throw invalid(
      `${table.entity} has a column '${name}' already. If it is to hold the tenant, say so: entities: { ${table.entity}: { column: ` +
        `"${name}" } }; otherwise name another one there.`,
      { option: "entities", entity: table.entity },
    )
  }
  const column = existing ?? { name, type: parentColumn.type, isNullable: parentColumn.isNullable || hop.isNullable }
  return { column, copies: { hop, parent, parentColumn, addsColumn: existing === undefined } }
}

/** On a longer path, the parent needs a column of its own, which follows the rest of the path. */
function columnOfParent(table: TableModel, source: TenantSource, parent: TableModel, known: Known): ColumnModel {
  const rest = source.through.slice(1)
  const same = JSON.stringify([known.sources.get(parent)?.through, known.sources.get(parent)?.column])
  const column = known.done.get(nameOf(parent))?.column
  if (column !== undefined && same === JSON.stringify([rest, source.column])) return column
  throw invalid(
    `${table.entity} cannot be denormalised along '${source.path}': the path leads through ${parent.entity}, which has no tenant ` +
      `column that follows the rest of it. Add "${parent.entity}" to infer or declare the rest of the path as its tenant, or set ` +
      `entities: { ${table.entity}: { form: "exists" } }.`,
    { option: "entities", entity: table.entity },
  )
}

function assertSingleKeys(table: TableModel, { path, through }: TenantSource): void {
  if (through.every(({ columns }) => columns.length === 1)) return
  throw invalid(
    `${table.entity} cannot have the form "array": a reference on its path '${path}' has several columns. Set entities: { ` +
      `${table.entity}: { form: "exists" } }.`,
    { option: "entities", entity: table.entity },
  )
}

/** PostgreSQL refuses a policy that reads, over others' policies, its own table; it says so only when the table is used. */
function assertNoCircle(tables: readonly OwnedTable[]): void {
  const byName = new Map(tables.map((owned) => [nameOf(owned.table), owned]))
  for (const start of tables) {
    const way = new Set([start])
    for (const current of way) {
      for (const target of readsOf(current)) {
        if (target === nameOf(start.table)) throw circle(start, current)
        const next = byName.get(target)
        if (next !== undefined) way.add(next)
      }
    }
  }
}

/** The tables that a table's rows are judged by. */
function readsOf({ form, source, copies }: OwnedTable): readonly string[] {
  if (form === "exists" || form === "array") return source!.through.map(({ target }) => nameOf(target))
  return copies === undefined ? [] : [nameOf(copies.parent)]
}

function circle({ table, source }: OwnedTable, { table: other }: OwnedTable): Error {
  const where =
    table === other
      ? `'${source?.path}' leads back to its own table`
      : `its path and that of ${other.entity} lead to each other`
  return invalid(`${table.entity} cannot be judged: ${where}, a circle. Give one of them a tenant column.`, {
    option: "entities",
    entity: table.entity,
  })
}

function assertNames(model: TenantModel, { infer, entities }: RowSecuritySettings): void {
  const names = new Set(model.tables.map(({ entity }) => entity))
  for (const [option, given] of [
    ["infer", infer],
    ["entities", Object.keys(entities)],
  ] as const) {
    for (const entity of given) {
      if (names.has(entity)) continue
      throw invalid(`${option} names '${entity}', which is no entity.${didYouMean(entity, names)}`, { option, entity })
    }
  }
}
