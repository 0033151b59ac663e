import type { EntityMetadata, ObjectLiteral } from "typeorm"
import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js"
import type { QueryExpressionMap } from "typeorm/query-builder/QueryExpressionMap.js"
import type { EntityGuard } from "../../guards.ts"
import type { TenantOf } from "../../tenant-of.ts"
import { storeWorst } from "../check-links.ts"
import type { Writing } from "../writing.ts"
import { columnsNamed, valueOf } from "./values.ts"

/** What an INSERT does with rows that are there already: it overwrites some of their columns. */
export interface Conflict {
  /** Judges the stored row that a new one would overwrite, or the new one where there is none. */
  judge(writing: Writing, guard: EntityGuard, tenant: TenantOf, row: ObjectLiteral, value: unknown): void
}

/** Undefined for an INSERT that overwrites nothing: what it ignores stays as it is. */
export function askConflict(map: QueryExpressionMap, metadata: EntityMetadata): Conflict | undefined {
  const { onUpdate } = map
  // TypeORM 0.3 takes the whole clause as a text.
  const clause = (map as { readonly onConflict?: string }).onConflict ?? ""
  if (onUpdate === undefined && (clause === "" || /do\s+nothing\s*$/i.test(clause))) return undefined
  const keys = onUpdate && keysOf(metadata, onUpdate)
  const overwritten = new Set(onUpdate === undefined ? undefined : (onUpdate.overwrite ?? columnsOf(onUpdate)))
  const isOverwritten = ({ databaseName, propertyPath }: ColumnMetadata): boolean =>
    overwritten.has(databaseName) || overwritten.has(propertyPath)
  return {
    judge(writing, guard, tenant, row, value) {
      if (keys === undefined) {
        writing.fault(guard, "upsert", "unknown")
        return
      }
      const places = keys.map((columns) => ({ metadata, tenant: guard.tenant, columns }))
      const asked = places.flatMap((place) => {
        const id = idOf(place.columns, row)
        return id === undefined ? [] : [{ place, id }]
      })
      for (const { place, id } of asked) writing.stored.ask(place, id)
      writing.later(() => {
        const stored = asked.flatMap(({ place, id }) => writing.stored.of(place, id))
        if (stored.some((found) => writing.isForeign(found))) {
          storeWorst(writing, guard, stored, "upsert")
          return
        }
        // What is there need not name its tenant again.
        if (stored.length === 0 || value !== null) writing.insert(guard, value, "upsert")
        const isMoved = (tenant.hops[0]?.joinColumns ?? [tenant.column]).some(isOverwritten)
        if (isMoved) for (const found of stored) writing.change(guard, found, value, "upsert")
      })
    },
  }
}

type OnUpdate = NonNullable<QueryExpressionMap["onUpdate"]>

/** The columns that may conflict; undefined where that cannot be told. Without a target, MySQL takes any unique key. */
function keysOf(metadata: EntityMetadata, { conflict }: OnUpdate): readonly (readonly ColumnMetadata[])[] | undefined {
  if (Array.isArray(conflict)) {
    const columns = columnsNamed(metadata, conflict)
    return columns && [columns]
  }
  const uniques = [
    ...metadata.uniques.map(({ name, columns }) => ({ name, columns })),
    ...metadata.indices.filter(({ isUnique }) => isUnique).map(({ name, columns }) => ({ name, columns })),
  ]
  if (conflict === undefined) return [metadata.primaryColumns, ...uniques.map(({ columns }) => columns)]
  const named = uniques.find(({ name }) => name === conflict)
  return named && [named.columns]
}

/** TypeORM 0.3 has another name for the columns that are overwritten, too. */
function columnsOf(onUpdate: OnUpdate): readonly string[] {
  return (onUpdate as { readonly columns?: readonly string[] }).columns ?? []
}

/** A row whose key is not known yet cannot be there. */
function idOf(columns: readonly ColumnMetadata[], row: ObjectLiteral): ObjectLiteral | undefined {
  const id: ObjectLiteral = {}
  for (const column of columns) {
    const value = valueOf(column, row)
    if (value === undefined || value === null || typeof value === "function") return undefined
    column.setEntityValue(id, value)
  }
  return id
}
