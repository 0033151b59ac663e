import { nameOf, type TableModel, type TenantSource } from "../../core/tenant-model.ts"
import { inferredSource } from "../inferred-source.ts"
import type { OwnedTable } from "../owned-tables.ts"
import { storedName } from "../sql-text.ts"
import { finding, type Finding } from "./finding.ts"
import { protect } from "./mend.ts"
import { may, revoke } from "./reach.ts"
import { textOf } from "./wording.ts"
import type { Relation, RelationColumn } from "./snapshot.ts"
import type { Audited } from "./subjects.ts"

/** Tables that the entities do not know, in the schemas of those that they know, which the application may use. */
export function unmapped(audited: Audited): Finding[] {
  const { snapshot, reach, model, relationOf } = audited
  const mapped = new Set(model.tables.map((table) => relationOf(table)))
  const schemas = new Set([...mapped].map((relation) => relation?.schema))
  const parts = new Set(audited.subjects.map(({ live }) => live))
  const names = tenantColumnNames(audited)
  return snapshot.relations.flatMap((relation) => {
    if (relation.kind !== "table" || relation.isEnabled || mapped.has(relation) || parts.has(relation)) return []
    if (!schemas.has(relation.schema) || !may(reach, relation.grants, ...privileges)) return []
    const column = relation.columns.find(({ name }) => names.has(name))
    if (column === undefined) return []
    const message =
      `${textOf(relation)} has a column ${column.name}, as tables of tenants have, but no entity and no row security: ` +
      `${reach.role.name} may use the rows of every tenant in it.`
    const mend = protect(ownedByColumn(relation, column, audited), relation, audited)
    return [finding("unmapped-tenant-table", { table: textOf(relation) }, message, mend)]
  })
}

const privileges = ["select", "insert", "update", "delete"]

/** Without the key of a table whose rows are tenants: that is called as every table's key is. */
function tenantColumnNames({ subjects }: Audited): Set<string> {
  return new Set(
    subjects.flatMap(({ owned: { column, table } }) =>
      column === undefined || (table.primaryKey.length === 1 && table.primaryKey[0] === column.name)
        ? []
        : [storedName(column.name)],
    ),
  )
}

function ownedByColumn(relation: Relation, { name, type, isNullable }: RelationColumn, audited: Audited): OwnedTable {
  const column = { name, type, isNullable }
  const { schema, name: table } = relation
  const nothing = { columns: [column], primaryKey: [], uniques: [], indexes: [], foreignKeys: [] }
  const source = { path: name, through: [], column }
  return ownedBy({ schema, name: table, entity: table, ...nothing, tenant: source }, source, audited)
}

function ownedBy(table: TableModel, source: TenantSource, { settings: { sets, shared } }: Audited): OwnedTable {
  const isDirect = source.through.length === 0
  const form = isDirect ? "column" : "exists"
  const column = isDirect ? source.column : undefined
  return {
    table,
    source,
    form,
    column,
    copies: undefined,
    security: "force",
    sets,
    shared,
    using: undefined,
    withCheck: undefined,
  }
}

/**
 * Entities that are not tenant-owned, without row security: worth a look where the application may write them, as every tenant does then
 * for all others, and where they refer to a table of tenants, as that may have been forgotten.
 */
export function globalTables(audited: Audited): Finding[] {
  const { reach, model, subjects, relationOf } = audited
  const judged = new Set([...subjects, ...audited.incomplete].map(({ live }) => live))
  return model.tables.flatMap((table) => {
    const live = relationOf(table)
    if (live === undefined || live.kind !== "table" || live.isEnabled || judged.has(live)) return []
    const owner = subjects.find((subject) => live.foreignKeys.some(({ target }) => target === subject.live.oid))
    const writes = ["insert", "update", "delete", "truncate"]
    if (!may(reach, live.grants, ...writes, ...(owner === undefined ? [] : ["select"]))) return []
    const refers = owner === undefined ? "" : ` It refers to ${textOf(owner.live)}, whose rows are: should its own be?`
    const message = `${textOf(live)}, of ${table.entity}, is not tenant-owned: what ${reach.role.name} may do with it, each tenant does for all.${refers}`
    return [
      finding("global-table", { table: textOf(live) }, message, closed(table, live, owner !== undefined, audited)),
    ]
  })
}

/** Policies where there is a path to a tenant; otherwise tenants read it at most. */
function closed(table: TableModel, live: Relation, refers: boolean, audited: Audited): string[] {
  const source = refers ? sourceOf(table, audited) : undefined
  if (source !== undefined) return protect(ownedBy(table, source, audited), live, audited)
  const taken = ["insert", "update", "delete", "truncate", ...(refers ? ["select"] : [])]
  return [revoke(audited.reach, live, audited.snapshot, ...taken)]
}

function sourceOf(table: TableModel, { model }: Audited): TenantSource | undefined {
  try {
    return inferredSource(table, new Map(model.tables.map((each) => [nameOf(each), each]))).source
  } catch {
    // There is no path.
    return undefined
  }
}
