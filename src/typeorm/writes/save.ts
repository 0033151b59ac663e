import type { EntityMetadata, ObjectLiteral, QueryRunner } from "typeorm"
import { captureOrigin } from "../../core/call-site.ts"
import type { LeakLog } from "../../core/leak-log.ts"
import { remembered } from "../../core/remembered.ts"
import { currentContext } from "../../core/scope.ts"
import type { EntityGuard } from "../guards.ts"
import type { Failsafe } from "../failsafe.ts"
import { logOf } from "../load.ts"
import { entityKey } from "../row-key.ts"
import type { FamilyTenant } from "../tenant-of.ts"
import { checkSubject } from "./check-subjects.ts"
import { checkHanging } from "./removals.ts"
import { Stamps } from "./stamps.ts"
import { UntoldTenants } from "./untold-tenants.ts"
import { operationOf, type SubjectExecutorPort, type SubjectPort } from "./subject-port.ts"
import { beginWriting, type Writing } from "./writing.ts"

/** One `save`, `remove`, `softRemove` or `recover`: all of its chunks are judged before the first one is sent, and again what listeners change. */
export class Save {
  readonly failsafe: Failsafe
  readonly log: LeakLog
  readonly #executors: SubjectExecutorPort[] = []
  readonly #snapshots = new Map<ObjectLiteral, unknown>()
  readonly #stamps = new Stamps()
  readonly #untold = new UntoldTenants()
  /** The keys of the rows whose removal was judged. */
  readonly #removed = new WeakMap<SubjectPort, string | undefined>()
  #known: [metadata: EntityMetadata, tenant: FamilyTenant, tenants: ReadonlyMap<string, unknown>][] = []
  #writing: Writing | undefined
  #isJudged = false
  #mayHaveChanged = false

  /** To be called where the application's own frames are still on the stack. */
  constructor(failsafe: Failsafe, queryRunner: QueryRunner | undefined) {
    this.failsafe = failsafe
    this.log = logOf(captureOrigin(), currentContext(), queryRunner)
  }

  /** Notes a chunk that is going to be sent. */
  add(executor: SubjectExecutorPort): void {
    this.#executors.push(executor)
  }

  /** Notes whose a stored row is, as it was just loaded to be compared with an entity. */
  loaded(metadata: EntityMetadata, stored: ObjectLiteral): void {
    const column = this.failsafe.tenantOf(metadata)?.column
    if (column === undefined || mayBeChanged(this.failsafe, metadata)) return
    const tenant: unknown = column.getEntityValue(stored)
    if (tenant !== undefined) this.#snapshots.set(stored, tenant)
  }

  /** Notes whose rows are that were looked up on the way. */
  known(metadata: EntityMetadata, tenant: FamilyTenant, tenants: ReadonlyMap<string, unknown>): void {
    this.#known.push([metadata, tenant, tenants])
  }

  /** Judges all that is going to be sent, once; throws what `Writing.close` throws. */
  async judge(queryRunner: QueryRunner): Promise<void> {
    if (this.#isJudged) return
    this.#isJudged = true
    const subjects = this.#executors.flatMap(({ allSubjects }) => allSubjects)
    if (this.failsafe.policy.writes !== "allow") {
      for (const subject of subjects) if (subject.mustBeUpdated) this.#untold.note(this.failsafe, subject)
    }
    this.#writing = beginWriting(this.failsafe, this.log, this.#guardsOf(subjects), () => queryRunner)
    if (this.#writing === undefined) return
    for (const known of this.#known.splice(0)) this.#writing.stored.note(...known)
    await this.#check(this.#writing, subjects, queryRunner)
  }

  /** Listeners ran: whatever was not sent yet may have changed, of any chunk. */
  listened(): void {
    this.#mayHaveChanged = true
  }

  /** Judges a chunk again that may have changed, right before it is sent. */
  async recheck({ allSubjects, queryRunner }: SubjectExecutorPort): Promise<void> {
    const writing = this.#writing
    if (writing === undefined || !(this.#mayHaveChanged || writing.isOpen)) return
    writing.isSending = true
    await this.#check(writing, allSubjects, queryRunner)
  }

  /** A chunk was sent. */
  sent(): void {
    this.#untold.restore()
  }

  /** Publishes what was found. */
  publish(): void {
    this.log.publish(currentContext()?.observers ?? [], this.failsafe.rowSecurity)
  }

  /** What was saved came to nothing: the entities are as they were given. */
  abandon(): void {
    this.#stamps.undo()
  }

  async #check(writing: Writing, subjects: readonly SubjectPort[], queryRunner: QueryRunner): Promise<void> {
    for (const subject of subjects) if (subject.mustBeInserted) this.#stamps.stampSubject(writing, subject)
    for (const subject of subjects) checkSubject(writing, subject, this.#snapshots)
    await writing.settle()
    await this.#checkRemovals(writing, subjects, queryRunner)
    writing.close()
  }

  async #checkRemovals(writing: Writing, subjects: readonly SubjectPort[], queryRunner: QueryRunner): Promise<void> {
    const removed = new Map<EntityMetadata, ObjectLiteral[]>()
    for (const subject of subjects) {
      const { metadata, mustBeRemoved, identifier } = subject
      if (!mustBeRemoved || metadata.isJunction || identifier === undefined) continue
      const key = entityKey(metadata, identifier)
      if (writing.isFaulty(subject) || (this.#removed.has(subject) && this.#removed.get(subject) === key)) continue
      this.#removed.set(subject, key)
      remembered(removed, metadata, () => []).push(identifier)
    }
    for (const [metadata, ids] of removed) await checkHanging(writing, metadata, ids, queryRunner)
  }

  /** The tenant-owned entities whose rows are written; links are their owner's. */
  #guardsOf(subjects: readonly SubjectPort[]): Set<EntityGuard> {
    const guards = new Set<EntityGuard>()
    for (const subject of subjects) {
      if (operationOf(subject) === undefined) continue
      const { metadata, parentSubject } = subject
      const guard = this.failsafe.entityGuard(metadata.isJunction && parentSubject ? parentSubject.metadata : metadata)
      if (guard !== null) guards.add(guard)
    }
    return guards
  }
}

/** Whether a row that was loaded may not be what is stored: the application puts something else into it, or it comes from a cache. */
function mayBeChanged({ dataSource }: Failsafe, { afterLoadListeners }: EntityMetadata): boolean {
  const { cache } = dataSource.options
  if (typeof cache === "object" && cache.alwaysEnabled === true) return true
  return afterLoadListeners.length > 0 || dataSource.subscribers.some((subscriber) => "afterLoad" in subscriber)
}
