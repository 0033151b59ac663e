import { QueryFlag, type EntityManager, type EntityMetadata } from "@mikro-orm/core"
import { runUnscoped, currentContext } from "../../core/scope.ts"
import { writeScope } from "../../core/write-scope.ts"
import { EntityLoad, runLoad } from "../entity-load.ts"
import type { Failsafe } from "../failsafe.ts"
import type { Condition } from "../tenant-of.ts"
import { checkKeys, checkSet, confinementOf, countMissed } from "./bulk.ts"
import { checkRows, stampRows } from "./check-rows.ts"
import {
  kindOf,
  namesOf,
  propertiesOf,
  propertyAt,
  rowsOf,
  type StatementKind,
  type WriterPort,
} from "./builder-statement.ts"
import { isConfining } from "./statements.ts"
import { checkUpsert } from "./upserts.ts"
import { beginWriting, Writing } from "./writing.ts"

type Values = Record<string, unknown>

/** What guards the writes of a query builder. */
const guarding = new WeakMap<object, BuilderWrites>()

/** Guards what one query builder writes: it is confined when its SQL is made, and judged when it is sent. */
export class BuilderWrites {
  readonly #failsafe: Failsafe
  readonly #em: EntityManager
  readonly #builder: WriterPort
  readonly #clone: () => WriterPort
  readonly #send: WriterPort["execute"]
  readonly #finalize: () => void
  /** Statements that are part of this one, by `with`. */
  readonly #parts: BuilderWrites[] = []
  /** The scope in which the SQL was made. */
  #madeIn: string | undefined

  constructor(failsafe: Failsafe, em: EntityManager, builder: WriterPort) {
    this.#failsafe = failsafe
    this.#em = em
    this.#builder = builder
    this.#clone = builder.clone.bind(builder)
    this.#send = builder.execute.bind(builder)
    this.#finalize = builder.finalize.bind(builder)
    guarding.set(builder, this)
  }

  get isWriting(): boolean {
    return kindOf(this.#builder.state) !== undefined || this.#parts.length > 0
  }

  /** A statement becomes part of this one: its SQL is made at once, and judged when this one is sent. */
  include(query: unknown): void {
    const part = typeof query === "object" && query !== null ? guarding.get(query) : undefined
    if (part?.isWriting === true) this.#parts.push(part)
  }

  /** A copy has the same parts. */
  shareWith(copy: object): void {
    const own = guarding.get(copy)
    if (own !== undefined) own.#parts.push(...this.#parts)
  }

  /** Sends the statement, if it writes after it was judged. */
  execute(method?: string, options?: unknown): Promise<unknown> {
    if (!this.isWriting) return this.#send(method, options)
    return runLoad(this.#failsafe, this.#em, async (load) => {
      await this.check(load)
      return this.#send(method, options)
    })
  }

  /** Sends a statement that returns rows, after it was judged. */
  async *stream(open: () => AsyncIterable<object>): AsyncGenerator<object, void, void> {
    await runLoad(this.#failsafe, this.#em, (load) => this.check(load))
    yield* open()
  }

  /** Makes the statement's SQL, confined to the scope. */
  finalize(): void {
    const { state } = this.#builder
    if (!state.finalized) this.#confine()
    this.#finalize()
  }

  async check(load: EntityLoad): Promise<void> {
    for (const part of this.#parts) await part.check(load)
    const { meta } = this.#builder.mainAlias
    const kind = kindOf(this.#builder.state)
    if (meta === undefined || kind === undefined) return
    const writing = beginWriting(load, this.#em, [this.#failsafe.entityGuard(meta)])
    if (writing === undefined) return
    await this.#judge(writing, meta, kind)
    writing.close()
  }

  async #judge(writing: Writing, meta: EntityMetadata, kind: StatementKind): Promise<void> {
    const { state } = this.#builder
    const guard = writing.guardOf(meta)
    const isOwned = guard.tenant !== null
    // Its SQL was made, and confined, for another tenant.
    const isStale = state.finalized && this.#madeIn !== currentContext()?.key
    if (isOwned && isStale && isConfining(writing)) writing.check.fault(guard, kind, "foreign")
    switch (kind) {
      case "truncate":
        if (isOwned || this.#failsafe.hangings.on(meta).length > 0) writing.check.fault(guard, kind, "foreign")
        return
      case "insert":
        return this.#judgeInsert(writing, meta)
      case "update": {
        const [values] = rowsOf(state)
        if (values === undefined) return
        const { condition, fault } = confinementOf(writing, guard, values)
        if (fault !== undefined) writing.check.fault(guard, kind, fault)
        await checkSet(writing, meta, values, state.schema)
        return this.#countForeign(writing, meta, kind, condition)
      }
      case "delete":
        await this.#countForeign(writing, meta, kind)
        return this.#judgeReached(writing, meta)
    }
  }

  async #judgeInsert(writing: Writing, meta: EntityMetadata): Promise<void> {
    const { state } = this.#builder
    const guard = writing.guardOf(meta)
    if (state.insertSubQuery !== undefined) {
      if (guard.tenant !== null) writing.check.fault(guard, "insert", "unknown")
      return
    }
    const rows = rowsOf(state)
    this.#stamp(writing, meta)
    const [conflict] = state.onConflict ?? []
    if (conflict === undefined) {
      await checkRows(writing, { meta, rows, schema: state.schema, operation: "insert" })
      return
    }
    const keys = propertiesOf(meta, conflict.fields)
    const merged = conflict.merge
    await checkUpsert(writing, {
      meta,
      rows,
      // Whatever is there is left as it is.
      keys: keys?.length === 0 && conflict.ignore === true ? [] : keys?.length === 0 ? undefined : keys,
      // Done where the SQL is made.
      keepTenant: () => {},
      isMerged: (property) => conflict.ignore !== true && (merged === undefined || namesOf(merged).includes(property)),
      schema: state.schema,
    })
    if (merged !== undefined && !Array.isArray(merged)) {
      const values = { values: merged as Values, isSent: false }
      const { fault } = confinementOf(writing, guard, values)
      if (fault !== undefined) writing.check.fault(guard, "upsert", fault)
      await checkSet(writing, meta, values, state.schema)
    }
  }

  /** In the roll-out, statements are not confined. */
  async #countForeign(
    writing: Writing,
    meta: EntityMetadata,
    kind: "update" | "delete",
    condition?: Condition,
  ): Promise<void> {
    if (isConfining(writing)) return
    await countMissed(writing, writing.guardOf(meta), kind, condition, async (one) => {
      const rows = (await runUnscoped(() => this.#reached(one).execute("all"))) as object[]
      return rows.length
    })
  }

  async #judgeReached(writing: Writing, meta: EntityMetadata): Promise<void> {
    if (this.#failsafe.hangings.on(meta).length === 0) return
    const { condition } = confinementOf(writing, writing.guardOf(meta), undefined)
    const own = isConfining(writing) ? condition : undefined
    const rows = (await runUnscoped(() => this.#reached(own).execute("all"))) as Values[]
    const keys = rows.map((row) => meta.primaryKeys.map((name) => row[name]))
    await checkKeys(
      writing,
      meta,
      keys.map((key) => (key.length === 1 ? key[0] : key)),
    )
  }

  /** A query for the keys of the rows that the statement reaches. */
  #reached(condition: object | undefined): WriterPort {
    const { meta } = this.#builder.mainAlias
    const query = this.#clone()
    const flags = query.state.flags as Set<string>
    flags.delete(QueryFlag.UPDATE_SUB_QUERY)
    flags.delete(QueryFlag.DELETE_SUB_QUERY)
    query.select(meta!.primaryKeys, true)
    if (condition !== undefined) query.andWhere(condition)
    return query
  }

  /** New rows get the scope's tenant; what is there keeps its own. */
  #stamp(writing: Writing, meta: EntityMetadata): void {
    const { state } = this.#builder
    const rows = rowsOf(state)
    if (state.finalized || stampRows(writing, { meta, rows }) === 0) return
    const { key } = writing.guardOf(meta).tenant!.column!
    for (const conflict of state.onConflict ?? []) {
      if (conflict.ignore === true || conflict.merge !== undefined) continue
      const keys = propertiesOf(meta, conflict.fields) ?? []
      const merged = Object.keys(rows[0]!.values).map((column) => propertyAt(meta, column) ?? column)
      conflict.merge = [...new Set(merged)].filter((name) => name !== key && !keys.includes(name))
    }
  }

  #confine(): void {
    const { state, mainAlias } = this.#builder
    const kind = kindOf(state)
    const { meta } = mainAlias
    const context = currentContext()
    this.#madeIn = context?.key
    if (kind === undefined || kind === "truncate" || meta === undefined) return
    const load = new EntityLoad(this.#failsafe, this.#em, context)
    // Outside any scope, it is refused when it is run.
    const within = writeScope(this.#failsafe.policy, context, [], load.log)
    if (within === undefined) return
    const writing = new Writing(load, this.#em, within)
    if (kind === "insert") {
      this.#stamp(writing, meta)
      return
    }
    const { condition } = confinementOf(
      writing,
      writing.guardOf(meta),
      kind === "update" ? rowsOf(state)[0] : undefined,
    )
    if (condition !== undefined && isConfining(writing)) this.#builder.andWhere(condition)
  }
}
