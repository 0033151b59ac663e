import type { QueryRunner } from "typeorm"
import type { QueryExpressionMap } from "typeorm/query-builder/QueryExpressionMap.js"
import type { Decision } from "../core/decisions.ts"
import type { LeakLog } from "../core/leak-log.ts"
import { currentContext } from "../core/scope.ts"
import type { ScopeContext } from "../core/scope-context.ts"
import type { Failsafe } from "./failsafe.ts"
import type { Role } from "./load.ts"
import type { HydratedRows, QueryPort, Row, Select } from "./query-port.ts"
import { hideDropped, hideDroppedIds, type DroppedIds } from "./owners.ts"
import { Screening } from "./screening.ts"
import { SelectedColumns } from "./selected-columns.ts"
import { subjectsOf, type Subject } from "./subjects.ts"

/** One query whose rows become entities: from its select list over the screening of its rows to the entities. */
export class Hydration {
  readonly failsafe: Failsafe
  readonly log: LeakLog
  readonly context: ScopeContext | undefined
  readonly #map: QueryExpressionMap
  readonly #role: Role | undefined
  readonly #subjects: readonly Subject[]
  readonly #columns: SelectedColumns
  #fetched: Row[] | undefined
  #screening: Screening | undefined
  readonly #droppedIds: DroppedIds[] = []

  constructor(failsafe: Failsafe, map: QueryExpressionMap, role: Role | undefined, log: LeakLog) {
    this.failsafe = failsafe
    this.log = log
    this.context = currentContext()
    this.#map = map
    this.#role = role
    this.#subjects = subjectsOf(failsafe, map, role)
    this.#columns = new SelectedColumns(this.#subjects)
  }

  /** Whether rows arrived: if TypeORM made entities past the hook, its version does not fit. */
  get isScreened(): boolean {
    return this.#screening !== undefined || this.#subjects.length === 0
  }

  /** The select list of an alias, completed with what the screening reads. */
  select(query: QueryPort, alias: string, selects: Select[]): Select[] {
    return this.isScreened ? selects : this.#columns.complete(query, alias, selects)
  }

  /** Whether this is the hydration of a query with this expression map. */
  isOf(map: QueryExpressionMap): boolean {
    return map === this.#map
  }

  /** Returns the rows from which entities may be made. What a listener runs of the query after them is none of its rows. */
  async screen(rows: Row[], queryRunner: QueryRunner): Promise<Row[]> {
    if (this.isScreened) return rows
    const { failsafe, log, context } = this
    const strategy = this.#role === undefined ? "join" : this.#role.kind === "tree" ? "tree" : "query"
    const options = { failsafe, log, context, map: this.#map, columns: this.#columns, queryRunner, strategy }
    this.#fetched = rows
    this.#screening = new Screening(options, rows)
    for (const subject of this.#subjects) await this.#screening.judge(subject)
    return this.#screening.finish() as Row[]
  }

  /** Completes what TypeORM made of the rows. */
  finish(result: HydratedRows): void {
    for (const ids of this.#droppedIds) hideDroppedIds(this.failsafe, this.#map, ids, result.entities)
    if (this.#fetched === undefined || this.#screening === undefined) return
    // Raw results are the application's own: as the database returned them.
    result.raw = this.#fetched
    this.#columns.removeAdded(this.#fetched)
    const { dropped } = this.#screening
    this.#noteOwn(result)
    if (dropped.length > 0) hideDropped(this.failsafe, this.#map, this.#role, dropped, result.entities)
  }

  /** Rows that were judged need not be looked up when they are written, or linked to, in the same scope. */
  #noteOwn({ entities }: HydratedRows): void {
    const [main] = this.#subjects
    const key = this.context?.key
    if (main === undefined || key === undefined || main.join !== undefined) return
    if (!this.failsafe.model.isLookedUp(main.metadata) || !this.#screening!.isClean(main.alias)) return
    this.failsafe.loaded.note(entities, main.metadata, key)
  }

  /** Records what relation ids came to; throws when the load is refused. */
  settle(decision: Decision | undefined, loaded: number, rows: number): void {
    if (decision === undefined) return
    this.log.note(decision.finding, { loaded, rows, strategy: "relation ids" }, decision.isKept ? 0 : rows)
    if (decision.refusal !== undefined) throw decision.refusal
  }

  /** Relation ids that were dropped take the place of children where they are put on the relation itself. */
  dropIds(ids: DroppedIds): void {
    this.#droppedIds.push(ids)
  }
}
