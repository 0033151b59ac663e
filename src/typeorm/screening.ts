import type { QueryRunner } from "typeorm"
import type { QueryExpressionMap } from "typeorm/query-builder/QueryExpressionMap.js"
import * as decide from "../core/decisions.ts"
import type { TenantFailsafeError } from "../core/errors.ts"
import type { LeakLog } from "../core/leak-log.ts"
import type { ScopeContext } from "../core/scope-context.ts"
import { judge } from "../core/verdict.ts"
import { remembered } from "../core/remembered.ts"
import type { Failsafe } from "./failsafe.ts"
import type { Row } from "./query-port.ts"
import { judgeRows, type Verdicts } from "./row-verdicts.ts"
import type { SelectedColumns } from "./selected-columns.ts"
import { SubjectRows } from "./subject-rows.ts"
import { aliasesBelow, ownerAlias, type Children, type ReferenceTarget, type Roots, type Subject } from "./subjects.ts"
import { lookUpTenants } from "./tenant-lookup.ts"

/** What the screening of a query needs to know of it. */
export interface ScreeningOptions {
  readonly failsafe: Failsafe
  readonly log: LeakLog
  readonly context: ScopeContext | undefined
  readonly map: QueryExpressionMap
  readonly columns: SelectedColumns
  readonly queryRunner: QueryRunner
  /** How the rows arrive, for the records. */
  readonly strategy: string
}

/** Children that were taken out of the rows: their keys, by the key of their owner. */
export interface Dropped {
  readonly subject: Children
  readonly byOwner: ReadonlyMap<string, ReadonlySet<string>>
}

const noKeys: ReadonlySet<string> = new Set()

/** Judges the rows of one query before entities are made of them. A row that may stay costs one comparison per alias. */
export class Screening {
  readonly dropped: Dropped[] = []
  readonly #options: ScreeningOptions
  #rows: readonly Row[]
  #refusal: TenantFailsafeError | undefined
  /** The keys of the foreign rows of each alias that was judged. */
  readonly #foreign = new Map<string, ReadonlySet<string>>()
  readonly #clean = new Set<string>()

  constructor(options: ScreeningOptions, rows: readonly Row[]) {
    this.#options = options
    this.#rows = rows
  }

  /** Judges the rows of one alias. */
  async judge(subject: Subject): Promise<void> {
    const { context } = this.#options
    if (context?.scope === undefined) {
      if (subject.kind === "children") this.#judgeWithoutScope(subject)
      return
    }
    const verdicts = await judgeRows(this.#options, subject, this.#rows, context.owned!)
    this.#foreign.set(subject.alias, this.#keysOf(subject, verdicts.foreign))
    if (verdicts.foreign.length === 0 && verdicts.unknown.length === 0) {
      this.#clean.add(subject.alias)
      return
    }
    if (subject.kind === "children") this.#settleChildren(subject, this.#withoutTops(subject, verdicts))
    else if (subject.kind === "root") this.#settleRoots(subject, verdicts)
    else await this.#settleReferences(subject, verdicts, context.owned!)
  }

  /** Whether all rows of an alias are own or shared. */
  isClean(alias: string): boolean {
    return this.#clean.has(alias)
  }

  /** The rows from which entities may be made; throws when the load is refused. */
  finish(): readonly Row[] {
    if (this.#refusal !== undefined) throw this.#refusal
    return this.#rows
  }

  #judgeWithoutScope(subject: Children): void {
    const decision = decide.missingScope(this.#options.failsafe.policy, subject.guard.findings, this.#options.log)
    if (decision === undefined) return
    const rows = this.#rowsOf(subject)
    const present = [...this.#rows.keys()].filter((index) => !rows.isMissing(this.#rows[index]!))
    const count = countOf(this.#byOwner(subject, present))
    this.#note(decision, count, count)
  }

  #settleChildren(subject: Children, { foreign, unknown }: Verdicts): void {
    const { policy } = this.#options.failsafe
    const { findings } = subject.guard
    const out = new Set<number>()
    for (const [decision, indexes] of decide.decideChildren(policy, findings, foreign, unknown)) {
      const byOwner = this.#byOwner(subject, indexes)
      const loaded = this.#byOwner(subject, [...this.#rows.keys()], byOwner)
      this.#note(decision, countOf(loaded), countOf(byOwner))
      if (decision.isKept) continue
      this.dropped.push({ subject, byOwner })
      for (const index of indexes) out.add(index)
    }
    if (out.size === 0) return
    this.#reportCutOff(subject, out)
    this.#takeOut(subject, out)
  }

  #withoutTops(subject: Children, { foreign, unknown }: Verdicts): Verdicts {
    const tops = subject.tree?.tops
    if (tops === undefined) return { foreign, unknown }
    const rows = this.#rowsOf(subject)
    const isBelow = (index: number) => !tops.has(rows.key(this.#rows[index]!))
    return { foreign: foreign.filter(isBelow), unknown: unknown.filter(isBelow) }
  }

  /** Own nodes of a tree that cannot be reached any more: their parent is foreign. */
  #reportCutOff(subject: Children, out: ReadonlySet<number>): void {
    const parent = subject.tree?.parent
    if (parent === undefined) return
    const rows = this.#rowsOf(subject)
    const gone = new Set([...out].map((index) => rows.key(this.#rows[index]!)))
    const cutOff = this.#rows.filter((row, index) => !out.has(index) && gone.has(rows.ownerKey(row))).length
    if (cutOff === 0) return
    this.#note(decide.foreignReference(this.#options.failsafe.policy, parent.findings), cutOff, cutOff)
  }

  #settleRoots(subject: Roots, { foreign, unknown }: Verdicts): void {
    const { policy } = this.#options.failsafe
    const { findings } = subject.guard
    const count = (indexes: readonly number[]) => countOf(this.#byOwner(subject, indexes))
    const loaded = count([...this.#rows.keys()])
    if (foreign.length > 0) this.#note(decide.foreignRoots(policy, findings), loaded, count(foreign))
    if (unknown.length > 0) this.#note(decide.unknownRoots(policy, findings), loaded, count(unknown))
  }

  async #settleReferences(
    subject: ReferenceTarget,
    { foreign, unknown }: Verdicts,
    owned: ReadonlySet<string>,
  ): Promise<void> {
    const { policy } = this.#options.failsafe
    const { findings } = subject.guard
    const rows = this.#rowsOf(subject)
    const ownersOf = (indexes: readonly number[]) => new Set(indexes.map((index) => rows.ownerKey(this.#rows[index]!)))
    const pointing = ownersOf(foreign)
    // A foreign row that points at another foreign row is reported where it was found itself.
    if (pointing.size > 0) for (const key of await this.#foreignOwners(subject, foreign, owned)) pointing.delete(key)
    if (pointing.size > 0) this.#note(decide.foreignReference(policy, findings), pointing.size, pointing.size)
    const count = ownersOf(unknown).size
    if (count > 0) this.#note({ finding: findings.of("unknown"), isKept: true, refusal: undefined }, count, count)
  }

  /** The keys of the owners that are foreign themselves: judged before in this query, or else looked up. */
  async #foreignOwners(
    { join, owner, owners, ownerKey, alias }: ReferenceTarget,
    indexes: readonly number[],
    owned: ReadonlySet<string>,
  ): Promise<Iterable<string>> {
    const { failsafe, columns, queryRunner } = this.#options
    const tenant = failsafe.tenantOf(owner)
    if (tenant === null) return []
    const judged = join && this.#foreign.get(ownerAlias(join)!)
    if (judged !== undefined) return judged
    const rows = new SubjectRows(failsafe.dataSource, columns, { alias, metadata: owner, ownerKey })
    const ids =
      owners?.map((entity) => owner.getEntityIdMap(entity) ?? {}) ??
      indexes.map((index) => rows.ownerId(this.#rows[index]!))
    const tenants = await lookUpTenants(failsafe, owner, tenant, ids, queryRunner)
    return [...tenants].flatMap(([key, value]) => (judge(value, owned) === "foreign" ? [key] : []))
  }

  #keysOf(subject: Subject, indexes: readonly number[]): ReadonlySet<string> {
    if (indexes.length === 0) return noKeys
    const rows = this.#rowsOf(subject)
    return new Set(indexes.map((index) => rows.key(this.#rows[index]!) ?? ""))
  }

  /** The distinct keys of these rows, by owner; only of certain owners, where some are given. */
  #byOwner(
    subject: Subject,
    indexes: readonly number[],
    owners?: ReadonlyMap<string, unknown>,
  ): Map<string, Set<string>> {
    const rows = this.#rowsOf(subject)
    const byOwner = new Map<string, Set<string>>()
    for (const index of indexes) {
      const row = this.#rows[index]!
      const owner = rows.ownerKey(row)
      if ((owners !== undefined && !owners.has(owner)) || rows.isMissing(row)) continue
      remembered(byOwner, owner, () => new Set<string>()).add(rows.key(row) ?? `row ${index}`)
    }
    return byOwner
  }

  /** Rows of the query itself leave; joined ones are blanked, as if the join had found nothing, with all that hangs on them. */
  #takeOut(subject: Children, out: ReadonlySet<number>): void {
    const { map, columns } = this.#options
    if (subject.join === undefined) {
      this.#rows = this.#rows.filter((_, index) => !out.has(index))
      return
    }
    const names = [subject.alias, ...aliasesBelow(map, subject.alias)].flatMap((alias) => columns.namesOf(alias))
    const blank = Object.fromEntries(names.map((name) => [name, null]))
    this.#rows = this.#rows.map((row, index) => (out.has(index) ? { ...row, ...blank } : row))
  }

  #note(decision: decide.Decision | undefined, loaded: number, rows: number): void {
    if (decision === undefined) return
    const { log, strategy } = this.#options
    log.note(decision.finding, { loaded, rows, strategy }, decision.isKept ? 0 : rows)
    this.#refusal ??= decision.refusal
  }

  #rowsOf(subject: Subject): SubjectRows {
    return new SubjectRows(this.#options.failsafe.dataSource, this.#options.columns, subject)
  }
}

function countOf(byOwner: ReadonlyMap<string, ReadonlySet<string>>): number {
  return byOwner.values().reduce((count, keys) => count + keys.size, 0)
}
