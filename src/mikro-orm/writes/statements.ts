import { helper, Utils, type EntityManager, type EntityMetadata, type EntityProperty } from "@mikro-orm/core"
import type { EntityLoad } from "../entity-load.ts"
import type { RowValues } from "../tenant-column.ts"
import { checkReached, checkSet, confined, confinementOf, countForeign } from "./bulk.ts"
import { checkRows, stampRows } from "./check-rows.ts"
import { foreignOn } from "./removals.ts"
import { findRows } from "./stored-rows.ts"
import { beginWriting, type Writing } from "./writing.ts"

/** A statement of the application's, on the rows of one entity. */
export interface Statement {
  readonly load: EntityLoad
  readonly em: EntityManager
  readonly meta: EntityMetadata
  readonly schema?: string | undefined
}

type Values = Record<string, unknown>

/** Judges rows of data that are inserted; returns them with the scope's tenant. */
export async function insertedRows(statement: Statement, rows: readonly object[]): Promise<object[]> {
  const { meta, schema } = statement
  const writing = begin(statement)
  if (writing === undefined) return [...rows]
  const copies = rows.map((row): RowValues => ({ values: copyOf(row), isSent: false }))
  stampRows(writing, { meta, rows: copies })
  await checkRows(writing, { meta, rows: copies, schema, operation: "insert" })
  writing.close()
  return copies.map(({ values }) => values)
}

/** Judges what a bulk update sets; returns the condition that confines it to the scope. */
export async function updateCondition(statement: Statement, where: unknown, data: object): Promise<unknown> {
  const { meta, schema } = statement
  const writing = begin(statement)
  if (writing === undefined) return where
  const guard = writing.guardOf(meta)
  const values: RowValues = { values: data as Values, isSent: false }
  const { condition, fault } = confinementOf(writing, guard, values)
  if (fault !== undefined) writing.check.fault(guard, "update", fault)
  await checkSet(writing, meta, values, schema)
  await checkReplacedLinks(writing, meta, where, data as Values)
  if (!isConfining(writing))
    await countForeign(writing, { meta, where: confined(meta, where, {}), schema }, "update", condition)
  writing.close()
  return condition === undefined || !isConfining(writing) ? where : confined(meta, where, condition)
}

/** Judges what hangs on the rows that a bulk deletion reaches; returns the condition that confines it to the scope. */
export async function deleteCondition(statement: Statement, where: unknown): Promise<unknown> {
  const { meta, schema } = statement
  const writing = begin(statement)
  if (writing === undefined) return where
  const { condition } = confinementOf(writing, writing.guardOf(meta), undefined)
  const isConfined = condition !== undefined && isConfining(writing)
  const own = isConfined ? confined(meta, where, condition) : where
  if (!isConfining(writing)) await countForeign(writing, { meta, where: confined(meta, where, {}), schema }, "delete")
  await checkReached(writing, { meta, where: confined(meta, own, {}), schema })
  writing.close()
  return own
}

/** Judges the rows that are copied; returns the overrides with the scope's tenant, where the copied rows have none. */
export async function cloneOverrides(statement: Statement, where: unknown, overrides: unknown): Promise<unknown> {
  const { meta, schema } = statement
  const writing = begin(statement)
  const tenant = writing?.guardOf(meta).tenant
  if (writing === undefined || tenant === null || tenant === undefined) return overrides
  const guard = writing.guardOf(meta)
  const sources = await findRows(writing.em, meta, confined(meta, where, {}), {
    fields: [...meta.primaryKeys, tenant.path],
    populate: tenant.through,
    schema,
  })
  const copy: RowValues = { values: copyOf(overrides ?? {}), isSent: false }
  const given = tenant.column?.of(copy)
  for (const source of sources) {
    const stored = tenant.read(source)
    if (writing.isForeign(stored)) writing.check.stored(guard, stored, "insert")
    else if (given === undefined && writing.judge(stored) === "shared") stampRows(writing, { meta, rows: [copy] })
  }
  const isNamed = tenant.column?.of(copy) !== undefined || sources.every((source) => tenant.read(source) !== null)
  if (given !== undefined) writing.check.insert(guard, given)
  else if (!isNamed) writing.check.insert(guard, null)
  await checkSet(writing, meta, copy, schema)
  writing.close()
  return Object.keys(copy.values).length === 0 ? overrides : copy.values
}

/** Whether statements are confined: in the roll-out, they are only counted. */
export function isConfining(writing: Writing): boolean {
  return writing.failsafe.policy.writes === "throw"
}

/** A bulk update of MikroORM 7.2 replaces the links of the one row whose key its condition names: foreign ones would go. */
async function checkReplacedLinks(writing: Writing, meta: EntityMetadata, where: unknown, data: Values): Promise<void> {
  const replaced = [...writing.failsafe.linkGuards(meta).toMany.values()].filter(
    ({ property }) => property.name in data,
  )
  if (replaced.length === 0) return
  const rows = await findRows(writing.em, meta, confined(meta, where, {}), { fields: meta.primaryKeys })
  const keys = rows.map((row) => helper(row).getPrimaryKey())
  for (const guard of replaced) {
    const links = writing.failsafe.hangings
      .on(meta)
      .filter(
        ({ other, findings }) => other !== undefined && findings.of("write").relation === ownerSideOf(guard.property),
      )
    for (const link of links) {
      const counts = await foreignOn(writing, [[meta, keys]])
      const rowsOf = counts.get(link.findings) ?? 0
      if (rowsOf > 0) writing.check.fault(guard, "unlink", "foreign", rowsOf)
    }
  }
}

function ownerSideOf(property: EntityProperty): string {
  return property.owner ? property.name : property.mappedBy
}

function begin({ load, em, meta }: Statement): Writing | undefined {
  return beginWriting(load, em, [load.failsafe.entityGuard(meta)])
}

function copyOf(row: object): Values {
  return Utils.isPlainObject(row)
    ? { ...row }
    : Object.assign(Object.create(Object.getPrototypeOf(row) as object) as Values, row)
}
