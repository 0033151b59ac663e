import {
  ChangeSetType,
  EventType,
  type ChangeSet,
  type EntityManager,
  type EntityMetadata,
  type EntityProperty,
  type UnitOfWork,
} from "@mikro-orm/core"
import { currentContext } from "../../core/scope.ts"
import type { CollectionPort } from "../collection-port.ts"
import { EntityLoad } from "../entity-load.ts"
import type { Failsafe } from "../failsafe.ts"
import type { EntityGuard } from "../guards.ts"
import { metaOf } from "../meta-of.ts"
import { checkChanges } from "./check-changes.ts"
import { checkCollections } from "./check-collections.ts"
import { isOwn } from "../own-subscriber.ts"
import { Pending } from "./pending.ts"
import { sentValue } from "./row-tenants.ts"
import { checkHanging } from "./removals.ts"
import { keyOf } from "./stored-rows.ts"
import { beginWriting, type Writing } from "./writing.ts"

type Change = ChangeSet<object>

/** One flush of an EntityManager: everything that it would write is judged before its transaction begins, and again what hooks change. */
export class Flush {
  readonly load: EntityLoad
  readonly #em: EntityManager
  readonly #judgedRemovals = new Set<object>()
  /** Whether anybody may change what was judged before it is sent. */
  #mayChange = true
  #writing: Writing | undefined
  #pending: Pending | undefined

  constructor(failsafe: Failsafe, em: EntityManager) {
    this.#em = em
    this.load = new EntityLoad(failsafe, em, currentContext())
  }

  /** Runs the flush itself; publishes what it found. */
  async run(flush: () => Promise<void>): Promise<void> {
    try {
      await flush()
    } catch (error) {
      this.#pending?.restore()
      this.#pending = undefined
      throw this.load.abandon(error)
    }
    this.load.close()
  }

  /** Judges the whole unit of work; throws what `Writing.close` throws, with nothing sent. */
  async check(uow: UnitOfWork): Promise<void> {
    try {
      await this.#judge(uow)
    } catch (error) {
      this.#pending = new Pending(uow, this.#writing?.faulty)
      throw error
    }
  }

  /** Judges what is just about to be sent, where it may have changed since: hooks ran, or it was computed only now. */
  async recheck(changes: readonly Change[], isComputedLate: boolean): Promise<void> {
    const writing = this.#writing
    if (writing === undefined || (!this.#mayChange && !isComputedLate)) return
    const judged = this.#judgedRemovals
    await checkChanges(writing, judged.size === 0 ? changes : changes.filter(({ entity }) => !judged.has(entity)))
    // What is sent together is of one type.
    if (changes.length > 0 && isRemoval(changes[0]!.type)) await this.#checkRemovals(writing, changes)
    writing.close()
  }

  async #judge(uow: UnitOfWork): Promise<void> {
    const changes: Change[] = uow.getChangeSets()
    const collections = collectionsOf(uow)
    const extra = extraChanges(uow)
    if (changes.length === 0 && collections.length === 0 && extra.length === 0) return
    const all = extra.length === 0 ? changes : [...changes, ...extra]
    const writing = beginWriting(this.load, this.#em, this.#guardsOf(all, collections))
    this.#writing = writing
    if (writing === undefined) return
    const removals: Change[] = []
    for (const change of changes) {
      if (change.type === ChangeSetType.CREATE) writing.created(change.entity)
      else if (isRemoval(change.type)) removals.push(change)
    }
    await checkChanges(writing, all)
    if (collections.length > 0) await checkCollections(writing, collections)
    if (removals.length > 0) await this.#checkRemovals(writing, removals)
    writing.close()
    this.#mayChange = this.load.failsafe.hasHooks || hasListeners(this.#em)
  }

  #guardsOf(changes: readonly Change[], collections: readonly CollectionPort[]): EntityGuard[] {
    const { failsafe } = this.load
    const metas = new Set<EntityMetadata>()
    let last: EntityMetadata | undefined
    for (const { entity } of changes) {
      if (metaOf(entity) === last) continue
      last = metaOf(entity)
      metas.add(last)
    }
    for (const { owner, property } of collections)
      if (isBetweenOwned(failsafe, owner, property)) metas.add(metaOf(owner))
    return [...metas].map((meta) => failsafe.entityGuard(meta))
  }

  async recheckCollections(collections: Iterable<CollectionPort>): Promise<void> {
    if (this.#writing === undefined) return
    await checkCollections(this.#writing, collections)
    this.#writing.close()
  }

  async #checkRemovals(writing: Writing, changes: readonly Change[]): Promise<void> {
    const removed = changes.filter(
      ({ entity, type }) => isRemoval(type) && !this.#judgedRemovals.has(entity) && !writing.faulty.has(entity),
    )
    for (const { entity } of removed) this.#judgedRemovals.add(entity)
    for (const [meta, some] of Map.groupBy(removed, ({ entity }) => metaOf(entity))) {
      const keys = some.map(({ entity }) => keyOf(entity, false))
      if (!(await checkHanging(writing, meta, keys))) continue
      for (const { entity } of some) writing.faulty.add(entity)
    }
  }
}

/** A removal outside a flush has no unit of work; so have rows that are inserted one by one. */
export async function checkAlone(load: EntityLoad, em: EntityManager, changes: readonly Change[]): Promise<void> {
  const guards = new Set(changes.map(({ entity }) => load.failsafe.entityGuard(metaOf(entity))))
  const writing = beginWriting(load, em, guards)
  if (writing === undefined) return
  await checkChanges(writing, changes)
  writing.close()
}

/** Links between tenant-owned rows are theirs; those of a row that is nobody's may be made outside any scope, as it may be written. */
function isBetweenOwned(failsafe: Failsafe, owner: object, { name }: EntityProperty): boolean {
  const link = failsafe.linkGuards(metaOf(owner)).toMany.get(name)
  return link !== undefined && link.targets.some((target) => failsafe.isOwned(target))
}

const reacting = Object.values(EventType).filter((event) => event !== EventType.afterFlush)

/** Whether subscribers other than the failsafe's own run between the judging and the sending. */
function hasListeners(em: EntityManager): boolean {
  for (const subscriber of em.getEventManager().getSubscribers()) {
    if (!isOwn(subscriber) && reacting.some((event) => event in subscriber)) return true
  }
  return false
}

function isRemoval(type: ChangeSetType): boolean {
  return type === ChangeSetType.DELETE || type === ChangeSetType.DELETE_EARLY
}

function collectionsOf(uow: UnitOfWork): CollectionPort[] {
  const scheduled = [...uow.getExtraUpdates()].flatMap(([, name, value]) => (Array.isArray(name) ? [] : [value]))
  return [...uow.getCollectionUpdates(), ...scheduled] as unknown as CollectionPort[]
}

/** Values that MikroORM 7.2 holds back for an update of their own, because a unique column cannot change in one statement. */
function extraChanges(uow: UnitOfWork): Change[] {
  return [...uow.getExtraUpdates()].flatMap(([entity, names, values]) => {
    if (!Array.isArray(names)) return []
    const { properties } = metaOf(entity)
    const list = values as unknown[]
    const payload = Object.fromEntries(
      names.map((name, index) => [name, sentValue(properties[name as never]!, list[index])]),
    )
    return [{ entity, type: ChangeSetType.UPDATE, payload, meta: metaOf(entity) } as unknown as Change]
  })
}
