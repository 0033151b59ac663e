import type { EntityMetadata, EntityProperty } from "@mikro-orm/core"
import type { WriteOperation } from "../../core/write-refusals.ts"
import type { EntityGuard } from "../guards.ts"
import type { LinkGuard } from "../link-guards.ts"
import { keyIn, type RowValues } from "../tenant-column.ts"
import { askLinks, checkLinks, type LinkedRow } from "./check-links.ts"
import { sentValue } from "./row-tenants.ts"
import { askAlong, tenantAlong } from "./tenant-along.ts"
import type { Place } from "./stored-rows.ts"
import type { Writing } from "./writing.ts"

/** Rows that a statement inserts, given by their values. */
export interface NewRows {
  readonly meta: EntityMetadata
  readonly rows: readonly RowValues[]
  readonly schema?: string | undefined
  readonly operation: Extract<WriteOperation, "insert" | "upsert">
  /** Whether a row has its tenant although its values do not say so. */
  readonly isNamed?: (row: RowValues) => boolean
}

/** Writes the scope's tenant into new rows that have none; returns how many. */
export function stampRows(writing: Writing, { meta, rows }: Pick<NewRows, "meta" | "rows">): number {
  const column = writing.guardOf(meta).tenant?.column
  const tenant = column && writing.stampFor(column)
  if (column === undefined || tenant === undefined) return 0
  const unnamed = rows.filter((row) => (column.of(row) ?? null) === null)
  for (const row of unnamed) column.put(row, tenant)
  return unnamed.length
}

/** Judges new rows, and what they are linked to. */
export async function checkRows(writing: Writing, { meta, rows, schema, operation, isNamed }: NewRows): Promise<void> {
  const guard = writing.guardOf(meta)
  const linked = rows.map((row) => linkedRow(writing, meta, row, schema, guard.tenant?.firstProperty))
  const many = manyOf(writing, meta, rows)
  if (guard.tenant?.link !== undefined) for (const row of rows) askAlong(writing, guard.tenant.link, row, schema)
  askLinks(writing, linked)
  for (const { place, keys } of many) for (const key of keys) writing.stored.ask(place, key)
  await writing.stored.load()
  for (const row of guard.tenant === null ? [] : rows) {
    if (isNamed?.(row) !== true) checkRow(writing, guard, row, schema, operation)
  }
  checkLinks(writing, linked)
  checkMany(writing, many)
}

/** What the values of a statement say about relations of its entity. */
export function linkedRow(
  writing: Writing,
  meta: EntityMetadata,
  values: RowValues,
  schema: string | undefined,
  judged: string | undefined,
): LinkedRow {
  return { entity: values, links: writing.failsafe.linkGuards(meta).toOne, judged, schema, parts: [values] }
}

/** Rows that a many-to-many relation among a statement's values would be linked to. */
export interface ManyLinks {
  readonly guard: LinkGuard
  readonly place: Place
  readonly keys: readonly unknown[]
}

export function manyOf(writing: Writing, meta: EntityMetadata, rows: readonly RowValues[]): ManyLinks[] {
  return [...writing.failsafe.linkGuards(meta).toMany.values()].flatMap((guard) => {
    const [target] = guard.targets
    if (target === undefined || !writing.failsafe.isOwned(target)) return []
    const keys = rows.flatMap(({ values }) => listed(values[guard.property.name]))
    return keys.length === 0
      ? []
      : [{ guard, place: { meta: target }, keys: keys.map((key) => keyAt(guard.property, key)) }]
  })
}

export function checkMany(writing: Writing, many: readonly ManyLinks[]): void {
  for (const { guard, place, keys } of many) {
    for (const key of keys) {
      const found = writing.stored.rowAt(place, key)
      if (found !== undefined) writing.check.stored(guard, found.tenant, "link")
      else if (writing.isBlind) writing.check.fault(guard, "link", "hidden")
    }
  }
}

function checkRow(
  writing: Writing,
  guard: EntityGuard,
  row: RowValues,
  schema: string | undefined,
  operation: NewRows["operation"],
): void {
  const { column, link } = guard.tenant!
  if (column !== undefined) {
    writing.check.insert(guard, column.of(row), operation)
  } else if (link !== undefined) {
    const tenant = tenantAlong(writing, link, row, schema) ?? { isJudged: false, value: null }
    if (!tenant.isJudged) writing.check.insert(guard, tenant.value, operation)
    else if (tenant.isHidden) writing.check.fault(guard, operation, "hidden")
  }
}

function listed(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : []
}

function keyAt(property: EntityProperty, value: unknown): unknown {
  const [key] = property.targetMeta!.getPrimaryProps()
  const plain = keyIn({ ...property, kind: "m:1" } as EntityProperty, value)
  return key === undefined || Array.isArray(plain) ? plain : sentValue(key, plain)
}
