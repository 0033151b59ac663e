import { ChangeSetType, helper, Utils, type ChangeSet, type EntityMetadata } from "@mikro-orm/core"
import { faultOfChange } from "../../core/verdict.ts"
import type { EntityGuard } from "../guards.ts"
import { metaOf } from "../meta-of.ts"
import { partsOf } from "../spurious-updates.ts"
import { storedTenantOf } from "../stored-tenant.ts"
import type { RowValues, TenantColumn } from "../tenant-column.ts"
import { askLinks, checkLinks, type LinkedRow } from "./check-links.ts"
import { askAlong, tenantAlong } from "./tenant-along.ts"
import { keyOf, type Place } from "./stored-rows.ts"
import type { Writing } from "./writing.ts"

type Change = ChangeSet<object>

/**
 * Judges the rows that change sets would write, and what they would link them to; stamps the new ones. Own rows that were loaded cost a
 * comparison, all others one query per entity.
 */
export async function checkChanges(writing: Writing, changes: readonly Change[]): Promise<void> {
  const rows: ChangedRow[] = []
  for (const change of changes) if (needsJudging(writing, change)) rows.push(rowOf(writing, change))
  if (rows.length === 0) return
  for (const row of rows) {
    if (row.isNew) stamp(writing, row)
    ask(writing, row)
  }
  askLinks(writing, rows)
  await writing.stored.load()
  for (const row of rows) if (!judge(writing, row)) writing.faulty.add(row.change.entity)
  checkLinks(writing, rows)
}

/** Most rows are loaded own ones of which ordinary columns change: one comparison, and a look at what is set. */
function needsJudging(writing: Writing, change: Change): boolean {
  const { entity, type } = change
  if (type === ChangeSetType.UPDATE || type === ChangeSetType.UPDATE_EARLY) {
    // Once or twice per changed row of a flush.
    const stored = storedTenantOf(entity)
    if (stored !== undefined && !writing.isForeign(stored) && !isTelling(writing, change)) return false
    // MikroORM 7.2 leaves out updates that say nothing, but for the version of a row.
    const isSent = partsOf(change).some(({ payload, meta }) => Utils.hasObjectKeys(payload) || meta.hasOptimisticLock())
    if (!isSent) return false
  }
  return !writing.faulty.has(entity)
}

function isTelling(writing: Writing, change: Change): boolean {
  const meta = metaOf(change.entity)
  if (writing.isTelling(meta, change.payload)) return true
  return meta.inheritanceType === "tpt" && partsOf(change).some(({ payload }) => writing.isTelling(meta, payload))
}

interface ChangedRow extends LinkedRow {
  readonly change: Change
  readonly meta: EntityMetadata
  readonly guard: EntityGuard
  readonly isNew: boolean
  readonly isDeleted: boolean
}

function rowOf(writing: Writing, change: Change): ChangedRow {
  const { entity, type } = change
  const meta = metaOf(entity)
  const guard = writing.guardOf(meta)
  const isNew = type === ChangeSetType.CREATE
  return {
    change,
    entity,
    meta,
    guard,
    links: writing.failsafe.linkGuards(meta).toOne,
    isNew,
    judged: judgedLink(guard, isNew),
    isDeleted: type === ChangeSetType.DELETE || type === ChangeSetType.DELETE_EARLY,
    schema: helper(entity).__schema,
    parts: partsOf(change).map((part) => ({ values: part.payload as Record<string, unknown>, isSent: true })),
  }
}

/** A tenant's own relation is no link; a path's first link tells whose a new row is. */
function judgedLink({ tenant }: EntityGuard, isNew: boolean): string | undefined {
  return tenant !== null && (isNew || tenant.column !== undefined) ? tenant.firstProperty : undefined
}

/** The values that are sent to the table which holds the tenant. */
function tenantValues({ change }: ChangedRow, column: TenantColumn): RowValues | undefined {
  const part = partsOf(change).find(({ meta }) => column.isOf(meta))
  return part && { values: part.payload as Record<string, unknown>, isSent: true }
}

function stamp(writing: Writing, row: ChangedRow): void {
  const column = row.guard.tenant?.column
  const values = column && tenantValues(row, column)
  if (column === undefined || values === undefined || (column.of(values) ?? null) !== null) return
  const tenant = writing.stampFor(column)
  if (tenant === undefined) return
  column.stamp(row.entity, tenant, writing.em)
  column.put(values, tenant)
}

function ask(writing: Writing, row: ChangedRow): void {
  const { tenant } = row.guard
  if (tenant !== null && !row.isNew && storedTenantOf(row.entity) === undefined) {
    writing.stored.ask(placeOf(row), keyOf(row.entity, true))
  }
  if (tenant?.link !== undefined) for (const values of row.parts) askAlong(writing, tenant.link, values, row.schema)
}

function placeOf({ meta, schema }: ChangedRow): Place {
  return { meta, schema: meta.schema === "*" ? schema : undefined }
}

/** Returns whether nothing is wrong with a row itself. */
function judge(writing: Writing, row: ChangedRow): boolean {
  if (row.guard.tenant === null) return true
  return row.isNew ? judgeNew(writing, row) : judgeStored(writing, row)
}

function judgeNew(writing: Writing, row: ChangedRow): boolean {
  const { column, link } = row.guard.tenant!
  const values = column && tenantValues(row, column)
  if (column !== undefined && values === undefined) return true
  const tenant = column === undefined ? alongAny(writing, row) : column.of(values!)
  // Rows of a path that leads nowhere yet are judged where the key is sent.
  if (link !== undefined && tenant === elsewhere) return true
  if (tenant === hidden) {
    writing.check.fault(row.guard, "insert", "hidden")
    return false
  }
  writing.check.insert(row.guard, tenant)
  return tenant !== null && writing.judge(tenant) === "own"
}

function judgeStored(writing: Writing, row: ChangedRow): boolean {
  const stored = storedOf(writing, row)
  // What is not there cannot be touched.
  if (stored === notThere) return true
  const operation = row.isDeleted ? "delete" : "update"
  if (writing.isForeign(stored)) {
    writing.check.stored(row.guard, stored, operation)
    return false
  }
  if (row.isDeleted) return true
  const tenant = writtenTenant(writing, row)
  if (tenant === unwritten) return true
  const isClaimed = row.guard.isClaimable && writing.judge(tenant) === "own"
  if (faultOfChange(stored, tenant, isClaimed) === undefined) return true
  writing.check.changed(row.guard, stored, tenant)
  return false
}

const notThere = Symbol("not there")
const unwritten = Symbol("unwritten")
/** The tenant is told by a row that is judged itself, or by another table's values. */
const elsewhere = Symbol("elsewhere")
/** The row that would tell the tenant is kept back by row security, or not there. */
const hidden = Symbol("hidden")

function storedOf(writing: Writing, row: ChangedRow): unknown {
  const known = storedTenantOf(row.entity)
  if (known !== undefined) return known
  const found = writing.stored.rowAt(placeOf(row), keyOf(row.entity, true))
  return found === undefined ? notThere : found.tenant
}

/** The tenant that an update gives a row. */
function writtenTenant(writing: Writing, row: ChangedRow): unknown {
  const { column } = row.guard.tenant!
  if (column === undefined) {
    const tenant = alongAny(writing, row)
    // A foreign target is the link's fault.
    return tenant === elsewhere || tenant === hidden || writing.isForeign(tenant) ? unwritten : tenant
  }
  const part = row.parts.find(({ values }) => column.isIn(values))
  return part === undefined ? unwritten : column.of(part)
}

function alongAny(writing: Writing, row: ChangedRow): unknown {
  for (const values of row.parts) {
    const tenant = tenantAlong(writing, row.guard.tenant!.link!, values, row.schema)
    if (tenant === undefined) continue
    if (!tenant.isJudged) return tenant.value
    return tenant.isHidden ? hidden : elsewhere
  }
  return row.isNew ? null : elsewhere
}
