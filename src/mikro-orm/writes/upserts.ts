import { isRaw, Utils, type EntityMetadata } from "@mikro-orm/core"
import { chunked } from "../../core/chunked.ts"
import { metaOf } from "../meta-of.ts"
import type { RowValues } from "../tenant-column.ts"
import { checkRows, stampRows } from "./check-rows.ts"
import { findRows } from "./stored-rows.ts"
import { askAlong, tenantAlong } from "./tenant-along.ts"
import type { Writing } from "./writing.ts"

/** Rows that are inserted, or update those that are there. */
export interface Upsert {
  readonly meta: EntityMetadata
  readonly rows: readonly RowValues[]
  /** The properties that tell which row is meant; undefined where they cannot be told. */
  readonly keys: readonly string[] | undefined
  /** Whether a property of a stored row is overwritten. */
  isMerged(property: string): boolean
  /** Leaves the tenant of stored rows as it is: a stamp is for new rows only. */
  keepTenant(property: string): void
  readonly schema?: string | undefined
}

/** Judges the rows that an upsert inserts, and the stored ones that it hits. */
export async function checkUpsert(writing: Writing, upsert: Upsert): Promise<void> {
  const { meta, rows, schema } = upsert
  const guard = writing.guardOf(meta)
  if (stampRows(writing, upsert) > 0) upsert.keepTenant(guard.tenant!.column!.key)
  if (guard.tenant === null) {
    await checkRows(writing, { meta, rows, schema, operation: "upsert" })
    return
  }
  const isThere = await judgeStored(writing, upsert)
  // What is there need not name its tenant again.
  const unnamed = (row: RowValues): boolean => guard.tenant!.column?.of(row) === undefined && isThere.has(row)
  await checkRows(writing, { meta, rows, schema, operation: "upsert", isNamed: unnamed })
}

/** Judges the stored rows that an upsert hits; returns which of its rows are there. */
async function judgeStored(writing: Writing, upsert: Upsert): Promise<ReadonlySet<RowValues>> {
  const { meta, rows, schema } = upsert
  const guard = writing.guardOf(meta)
  const tenant = guard.tenant!
  const isThere = new Set<RowValues>()
  if (upsert.keys === undefined) {
    writing.check.fault(guard, "upsert", "unknown", rows.length)
    return isThere
  }
  if (tenant.link !== undefined) {
    for (const row of rows) askAlong(writing, tenant.link, row, schema)
    await writing.stored.load()
  }
  const wanted = rows.flatMap((row) => {
    const where = whereOf(upsert.keys!, row)
    return where === undefined ? [] : [{ row, where }]
  })
  for (const some of chunked(wanted)) {
    const where = { $or: some.map((one) => one.where) }
    const stored = await findRows(writing.em, meta, where, {
      fields: [...meta.primaryKeys, ...upsert.keys, tenant.path],
      populate: tenant.through,
      schema,
      isSent: rows[0]?.isSent ?? false,
    })
    for (const entity of stored) {
      for (const row of hitBy(entity as Values, some)) isThere.add(row)
      judge(writing, upsert, entity, hitBy(entity as Values, some))
    }
  }
  return isThere
}

function judge(writing: Writing, upsert: Upsert, entity: object, rows: readonly RowValues[]): void {
  const guard = writing.guardOf(upsert.meta)
  const stored = (writing.failsafe.tenantOf(metaOf(entity)) ?? guard.tenant!).read(entity)
  if (writing.isForeign(stored)) {
    writing.check.stored(guard, stored, "upsert")
    return
  }
  const { column, link, firstProperty, path } = guard.tenant!
  if (!upsert.isMerged(column === undefined ? firstProperty : path)) return
  for (const row of rows) {
    const along = link && tenantAlong(writing, link, row, upsert.schema)
    const tenant = column === undefined ? along : { isJudged: false as const, value: column.of(row) }
    if (tenant?.isJudged === true && tenant.isHidden) writing.check.fault(guard, "upsert", "hidden")
    if (tenant === undefined || tenant.isJudged || tenant.value === undefined) continue
    if (!writing.isForeign(tenant.value)) writing.check.changed(guard, stored, tenant.value, "upsert")
  }
}

interface Wanted {
  readonly row: RowValues
  readonly where: object
}

/** The rows of an upsert that hit a stored one; all of them where the database writes keys in another way. */
function hitBy(entity: Values, wanted: readonly Wanted[]): readonly RowValues[] {
  const hits = wanted.filter(({ where }) => isMatch(entity, where as Values))
  return (hits.length === 0 ? wanted : hits).map(({ row }) => row)
}

type Values = Record<string, unknown>

/** A row whose key is not known yet cannot be there. */
function whereOf(keys: readonly string[], { values }: RowValues): object | undefined {
  const entries = keys.map((key) => [key, valueAt(values, key)] as const)
  return entries.some(([, value]) => value === undefined || value === null || isRaw(value))
    ? undefined
    : Object.fromEntries(entries)
}

function valueAt(values: Values, path: string): unknown {
  if (path in values) return values[path]
  return path.split(".").reduce<unknown>((value, name) => (value as Values | undefined)?.[name], values)
}

/** More rows than one may match in doubt: then each is judged. */
function isMatch(entity: Values, where: Values): boolean {
  return Object.entries(where).every(([key, value]) => {
    const stored = entity[key]
    if (typeof stored === "object" && stored !== null) return true
    return String(stored) === String(value)
  })
}

/** The properties that tell which row an upsert of MikroORM 7.2 means. */
export function conflictKeys(meta: EntityMetadata, where: unknown, given: unknown): readonly string[] | undefined {
  if (Array.isArray(given)) return given.map(String)
  if (given !== undefined) return undefined
  if (!Utils.isPlainObject(where)) return meta.primaryKeys
  return Object.keys(where).flatMap((key) => Utils.splitPrimaryKeys(key))
}
