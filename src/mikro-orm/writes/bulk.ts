import { isDeepStrictEqual } from "node:util"
import { helper, isRaw, Utils, type EntityMetadata } from "@mikro-orm/core"
import { rowTenantKey, tenantKey, type TenantId } from "../../core/tenant-id.ts"
import type { WriteFault } from "../../core/verdict.ts"
import type { WriteOperation } from "../../core/write-refusals.ts"
import type { EntityGuard } from "../guards.ts"
import type { RowValues } from "../tenant-column.ts"
import type { Condition } from "../tenant-of.ts"
import { askLinks, checkLinks } from "./check-links.ts"
import { checkMany, linkedRow, manyOf } from "./check-rows.ts"
import { checkHanging } from "./removals.ts"
import { countRows, findRows, keyOf, type FindRows } from "./stored-rows.ts"
import type { Writing } from "./writing.ts"

/** What a statement that writes many rows is confined by, or why it cannot be. */
export interface Confinement {
  /** Undefined where the entity is not tenant-owned. */
  readonly condition: Condition | undefined
  readonly fault: WriteFault | undefined
}

/** Decides what a statement is confined by; `values` is what an update sets. */
export function confinementOf(writing: Writing, guard: EntityGuard, values: RowValues | undefined): Confinement {
  const { tenant, isClaimable } = guard
  if (tenant === null) return { condition: undefined, fault: undefined }
  const everything = tenant.condition(writing.tenants)
  if (values === undefined) return { condition: everything, fault: undefined }
  if (tenant.column === undefined) {
    const isSet = tenant.link !== undefined && tenant.link.property.name in values.values
    if (!isSet) return { condition: everything, fault: undefined }
    // Whose the target is, is judged as a link; which rows get it, only one tenant's scope can tell.
    const fault = writing.tenants.length === 1 ? undefined : "moved"
    return { condition: tenant.condition(writing.tenants, !isClaimable), fault }
  }
  const set = tenant.column.of(values)
  if (set === undefined) return { condition: everything, fault: undefined }
  const own = ownTenant(writing, set)
  if (own === undefined) return { condition: everything, fault: "moved" }
  return { condition: tenant.condition([own], !isClaimable), fault: undefined }
}

/** The tenant of the scope that a value names. */
function ownTenant(writing: Writing, value: unknown): TenantId | undefined {
  const key = isRaw(value) ? undefined : rowTenantKey(value)
  return writing.tenants.find((tenant) => tenantKey(tenant) === key)
}

/** An application's condition and the confining one, with the keys that it names still at its top, where MikroORM reads them. */
export function confined(meta: EntityMetadata, where: unknown, condition: object): object {
  const given = asObject(meta, where)
  const others: unknown = given["$and"]
  return {
    ...given,
    $and: [...(Array.isArray(others) ? (others as unknown[]) : others === undefined ? [] : [others]), condition],
  }
}

function asObject(meta: EntityMetadata, where: unknown): Record<string, unknown> {
  const name = Utils.getPrimaryKeyHash(meta.primaryKeys)
  if (where === undefined || where === null) return {}
  if (isRaw(where)) return { [where as unknown as string]: [] }
  if (Utils.isEntity<object>(where, true)) return { [name]: helper(where).getPrimaryKeys() }
  if (Utils.isPrimaryKey(where, meta.compositePK)) return { [name]: where }
  if (Array.isArray(where)) return { [name]: { $in: where as unknown[] } }
  return where
}

/** Judges what a bulk update sets: relations that would lead to foreign rows. */
export async function checkSet(
  writing: Writing,
  meta: EntityMetadata,
  values: RowValues,
  schema: string | undefined,
): Promise<void> {
  const guard = writing.guardOf(meta)
  const judged = guard.tenant?.column === undefined ? undefined : guard.tenant.firstProperty
  const rows = [linkedRow(writing, meta, values, schema, judged)]
  const many = manyOf(writing, meta, [values])
  askLinks(writing, rows)
  for (const { place, keys } of many) for (const key of keys) writing.stored.ask(place, key)
  await writing.stored.load()
  checkLinks(writing, rows)
  checkMany(writing, many)
}

/** How the rows that a statement reaches are asked for. */
export interface Reached extends Pick<FindRows, "schema"> {
  readonly meta: EntityMetadata
  readonly where: object
}

/** In the roll-out, statements are not confined: the foreign rows that they reach are counted before. */
export async function countForeign(
  writing: Writing,
  { meta, where, schema }: Reached,
  operation: WriteOperation,
  condition?: Condition,
): Promise<void> {
  await countMissed(writing, writing.guardOf(meta), operation, condition, (one) =>
    countRows(writing.em, meta, confined(meta, where, one), schema),
  )
}

/** Counts the rows that a confined statement would have left alone, by what would be wrong with writing them. */
export async function countMissed(
  writing: Writing,
  guard: EntityGuard,
  operation: WriteOperation,
  condition: Condition | undefined,
  count: (condition: Condition) => Promise<number>,
): Promise<void> {
  if (guard.tenant === null) return
  const everything = guard.tenant.condition(writing.tenants)
  const foreign = await count({ $not: everything })
  if (foreign > 0) writing.check.fault(guard, operation, "foreign", foreign)
  if (condition === undefined || isDeepStrictEqual(condition, everything)) return
  // Not by a negated condition: a comparison with NULL is neither true nor false.
  const others = (await count(everything)) - (await count(condition))
  if (others > 0) writing.check.fault(guard, operation, "claimed", others)
}

/** Judges what hangs on the rows that a statement deletes. */
export async function checkReached(writing: Writing, reached: Reached): Promise<void> {
  const { meta, where, schema } = reached
  if (writing.failsafe.hangings.on(meta).length === 0) return
  const rows = await findRows(writing.em, meta, where, { fields: meta.primaryKeys, schema })
  await checkKeys(
    writing,
    meta,
    rows.map((row) => keyOf(row, false)),
  )
}

/** Judges what hangs on rows with these keys, in the application's notation. */
export async function checkKeys(writing: Writing, meta: EntityMetadata, keys: readonly unknown[]): Promise<void> {
  if (keys.length === 0) return
  await checkHanging(writing, meta, keys)
}
