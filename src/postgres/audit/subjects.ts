import {
  nameOf,
  type ForeignKeyModel,
  type TableModel,
  type TableName,
  type TenantModel,
} from "../../core/tenant-model.ts"
import type { RowSecuritySettings } from "../options.ts"
import { ownedTables, type OwnedTable } from "../owned-tables.ts"
import { storedName } from "../sql-text.ts"
import { reachOf, type Reach } from "./reach.ts"
import type { Relation, RelationPolicy, Snapshot } from "./snapshot.ts"

/** What the rules judge: a database, and what the entities say of it. */
export interface Audited {
  readonly snapshot: Snapshot
  readonly settings: RowSecuritySettings
  readonly reach: Reach
  /** Each table with the schema in which it was found. */
  readonly model: TenantModel
  readonly subjects: readonly Subject[]
  /** Tenant-owned tables that the database lacks, or lacks columns of. */
  readonly incomplete: readonly Incomplete[]
  readonly relationOf: (table: TableName) => Relation | undefined
}

/** A table that holds rows of tenants. */
export interface Subject {
  readonly owned: OwnedTable
  readonly live: Relation
  /** Whether it only is a part of another one, whose policies hold where rows are reached through that one. */
  readonly isPart: boolean
  /** The policies that hold for the application's role. */
  readonly policies: readonly RelationPolicy[]
}

/** A table, or columns of it, that are not there. */
export interface Incomplete {
  readonly owned: OwnedTable
  readonly live: Relation | undefined
  readonly missing: readonly string[]
}

/**
 * Finds the tables of a model in a database.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID` where the options do not fit the model
 */
export function auditedBy(model: TenantModel, settings: RowSecuritySettings, snapshot: Snapshot): Audited {
  const relationOf = finderIn(snapshot)
  const reach = reachOf(snapshot)
  const qualified = withSchemas(model, relationOf)
  const owned = ownedTables(qualified, settings).tables.map((table) => asItIs(table, relationOf(table.table)))
  const judged = owned.map((table) => ({ owned: table, live: relationOf(table.table) }))
  const incomplete = judged.flatMap(({ owned: table, live }) => {
    const missing = snapshot.unseen.has("columns") || live?.kind !== "table" ? [] : missingColumns(table, live)
    return live === undefined || missing.length > 0 ? [{ owned: table, live, missing }] : []
  })
  const isIncomplete = new Set(incomplete.map(({ live }) => live))
  const subjects = judged.flatMap(({ owned: table, live }) =>
    live === undefined || live.kind !== "table" || isIncomplete.has(live)
      ? []
      : subjectsOf(table, live, snapshot, reach),
  )
  return { snapshot, settings, reach, model: qualified, subjects, incomplete, relationOf }
}

/** A table as the server tells its name: without a schema, where the connection finds it. */
function finderIn({ relations, searchPath }: Snapshot): (table: TableName) => Relation | undefined {
  const byName = new Map(relations.map((relation) => [nameOf(relation), relation]))
  return ({ schema, name }) =>
    (schema === undefined ? searchPath : [storedName(schema)])
      .map((place) => byName.get(nameOf({ schema: place, name: storedName(name) })))
      .find((relation) => relation !== undefined)
}

function withSchemas(model: TenantModel, relationOf: Audited["relationOf"]): TenantModel {
  const qualified = (table: TableName): TableName => ({
    schema: relationOf(table)?.schema ?? table.schema,
    name: table.name,
  })
  const key = (of: ForeignKeyModel): ForeignKeyModel => ({ ...of, target: qualified(of.target) })
  const tables = model.tables.map((table): TableModel => ({
    ...table,
    ...qualified(table),
    foreignKeys: table.foreignKeys.map(key),
    tenant: table.tenant && { ...table.tenant, through: table.tenant.through.map(key) },
  }))
  return { ...model, tables }
}

/** A column that a plan would add, and that is not there, is no fault where policies look the tenant up instead. */
function asItIs(owned: OwnedTable, live: Relation | undefined): OwnedTable {
  const { column, copies } = owned
  if (column === undefined || copies?.addsColumn !== true) return owned
  if (live !== undefined && hasColumn(live, column.name)) return owned
  return { ...owned, form: "exists", column: undefined, copies: undefined }
}

function missingColumns({ column, source }: OwnedTable, live: Relation): string[] {
  const needed = column === undefined ? (source?.through[0]?.columns ?? []) : [column.name]
  return needed.filter((name) => !hasColumn(live, name))
}

function hasColumn({ columns }: Relation, name: string): boolean {
  return columns.some((column) => column.name === storedName(name))
}

function subjectsOf(owned: OwnedTable, live: Relation, snapshot: Snapshot, reach: Reach): Subject[] {
  const parts = partsOf(live, snapshot).map((part) => {
    const table = { ...owned.table, schema: part.schema, name: part.name }
    return { owned: { ...owned, table }, live: part, isPart: true, policies: policiesFor(part, reach) }
  })
  return [{ owned, live, isPart: false, policies: policiesFor(live, reach) }, ...parts]
}

function partsOf(table: Relation, { relations }: Snapshot): Relation[] {
  const found = new Set([table])
  for (const parent of found) {
    for (const relation of relations) {
      if (relation.kind === "table" && relation.parents.includes(parent.oid)) found.add(relation)
    }
  }
  return [...found].slice(1)
}

function policiesFor({ policies }: Relation, { oids }: Reach): RelationPolicy[] {
  return policies.filter(({ roleOids }) => roleOids.some((oid) => oids.has(oid)))
}
