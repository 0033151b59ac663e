import type { QueryRunner } from "typeorm"
import { Judge, judge } from "../core/verdict.ts"
import type { Failsafe } from "./failsafe.ts"
import type { Row } from "./query-port.ts"
import { hydrated } from "./row-key.ts"
import type { SelectedColumns } from "./selected-columns.ts"
import { SubjectRows } from "./subject-rows.ts"
import type { Subject } from "./subjects.ts"
import { lookUpTenants } from "./tenant-lookup.ts"

/** Where in the list of rows those are that are not known to be own or shared. */
export interface Verdicts {
  readonly foreign: readonly number[]
  readonly unknown: readonly number[]
}

interface Source {
  readonly failsafe: Failsafe
  readonly columns: SelectedColumns
  readonly queryRunner: QueryRunner
}

const unset = Symbol("unset")

/** Judges the rows of one alias by the tenants that came with them; the others are looked up together. */
export async function judgeRows(
  source: Source,
  subject: Subject,
  rows: readonly Row[],
  owned: ReadonlySet<string>,
): Promise<Verdicts> {
  const { dataSource } = source.failsafe
  const { column } = subject.guard.tenant
  const name = column && source.columns.nameOf(subject.alias, column)
  const foreign: number[] = []
  const unknown: number[] = []
  const judgement = new Judge(owned, (value) => (column ? hydrated(dataSource, value, column) : value))
  // Each row comes by here: one that holds the same value as the own one before it costs no call.
  let own: unknown = unset
  for (let index = 0; index < rows.length; index++) {
    const value = name === undefined ? undefined : rows[index]![name]
    if (value === own || value === null) continue
    const verdict = judgement.judge(value)
    if (verdict === "own") own = value
    else if (verdict === "foreign") foreign.push(index)
    else if (verdict === "unknown") unknown.push(index)
  }
  if (unknown.length === 0) return { foreign, unknown }
  return lookUpRows(source, subject, rows, owned, foreign, unknown)
}

async function lookUpRows(
  { failsafe, columns, queryRunner }: Source,
  subject: Subject,
  rows: readonly Row[],
  owned: ReadonlySet<string>,
  foreign: number[],
  unknown: readonly number[],
): Promise<Verdicts> {
  const reader = new SubjectRows(failsafe.dataSource, columns, subject)
  const present = unknown.filter((index) => !reader.isMissing(rows[index]!))
  const ids = new Map<string, object>()
  for (const index of present) {
    const key = reader.key(rows[index]!)
    if (key !== undefined && !ids.has(key)) ids.set(key, reader.id(rows[index]!))
  }
  const tenants = await lookUpTenants(failsafe, subject.metadata, subject.guard.tenant, [...ids.values()], queryRunner)
  const stillUnknown: number[] = []
  for (const index of present) {
    const key = reader.key(rows[index]!)
    const verdict = judge(key === undefined ? undefined : tenants.get(key), owned)
    if (verdict === "foreign") foreign.push(index)
    else if (verdict === "unknown") stillUnknown.push(index)
  }
  return { foreign, unknown: stillUnknown }
}
