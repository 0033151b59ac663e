import {
  Collection,
  DataloaderType,
  helper,
  ReferenceKind,
  type EntityManager,
  type EntityProperty,
} from "@mikro-orm/core"
import { currentContext } from "../core/scope.ts"
import { allOf } from "./all-of.ts"
import { confinement } from "./collection-confinement.ts"
import { failsafeOf, guardOf, managerOf } from "./collection-guard.ts"
import type { CollectionPort, CollectionPortConstructor, LoadOptions } from "./collection-port.ts"
import { runLoad } from "./entity-load.ts"
import type { RelationGuard } from "./guards.ts"
import { otherScope, otherScopePending } from "./refusals.ts"
import { admits, screen } from "./screening.ts"
import { refuseUnloadedWrite } from "./unloaded-write.ts"

const Base = Collection as unknown as CollectionPortConstructor

/** The scopes of collections that were built as vanilla ones and adopted: they lack the class's private field. */
const adoptedScopes = new WeakMap<object, string | undefined>()

/** Collections that wait for a data loader: what its batch adds one by one is counted when they have all. */
const loadingByBatch = new WeakSet<object>()

// No private methods: an adopted collection got this class's prototype, but never ran its constructor.
export class GuardedCollection extends Base {
  /** The key of the scope that the items were loaded for. */
  #scope: string | undefined = undefined

  static scopeOf(collection: object): string | undefined {
    return #scope in collection ? collection.#scope : adoptedScopes.get(collection)
  }

  static setScope(collection: object, scope: string | undefined): void {
    if (#scope in collection) collection.#scope = scope
    else adoptedScopes.set(collection, scope)
  }

  /** Builds what `Collection.create` of MikroORM 7.2 builds for its hydrators, from screened rows. */
  static override create(
    owner: object,
    name: string,
    items: readonly object[] | undefined,
    initialized: boolean,
  ): GuardedCollection {
    const collection = new GuardedCollection(owner, undefined, initialized)
    collection.property = helper(owner).__meta.properties[name as never] as EntityProperty
    ;(owner as Record<string, unknown>)[name] = collection
    if (items === undefined) return collection
    // An initialized collection belongs to an entity that the application creates: its items are not loaded rows.
    const relation = initialized ? null : guardOf(collection)
    const screening =
      relation === null ? { kept: items, key: undefined } : screen(relation, collection, items, "joined")
    if (screening === undefined) return collection
    collection.set(screening.kept)
    collection.#scope = screening.key
    return collection
  }

  override hydrate(items: readonly object[], forcePropagate?: boolean, partial?: boolean, readonly?: boolean): void {
    const relation = guardOf(this)
    if (relation === null) {
      // Its rows are everybody's, but the other side of an m:n relation may be guarded.
      fill(this, items, forcePropagate, partial, readonly)
      return
    }
    assertNothingPending(this, relation)
    const screening = screen(relation, this, items, "select-in")
    if (screening === undefined) return
    fill(this, screening.kept, forcePropagate, partial, readonly)
    GuardedCollection.setScope(this, screening.key)
  }

  override async init(options: LoadOptions = {}): Promise<unknown> {
    const relation = guardOf(this)
    const em = managerOf(this)
    if (relation === null || em === undefined) return super.init(options)
    assertNothingPending(this, relation)
    return runLoad(relation.failsafe, em, async (load, isOutermost) => {
      if (isOutermost) load.log.call = "collection"
      if (!usesDataLoader(options, em) || this.isDirty()) return super.init(options)
      loadingByBatch.add(this)
      const result = await super.init(options).finally(() => loadingByBatch.delete(this))
      // The data loader writes a 1:m's items past `hydrate`, and may run in another load that settles later.
      screenAgain(this, relation)
      return result
    })
  }

  override addWithoutPropagation(entity: object): void {
    // Also called for each row that is loaded, when it is there already.
    if (!this.contains(entity, false) && isAdmitted(this, entity)) super.addWithoutPropagation(entity)
  }

  /** Lists come from the application, or were screened; single rows also from the other side of an m:n relation that is loaded. */
  override add(entity: object | readonly object[], ...entities: readonly object[]): number {
    return Array.isArray(entity) || isAdmitted(this, entity) ? super.add(entity, ...entities) : 0
  }

  /** Takes rows out so that the unit of work sees no difference: snapshot and items stay in step, the dirty flag as it was. */
  evict(entities: ReadonlySet<object>): void {
    if (!this.isDirty()) {
      const kept = this.getItems(false).filter((item) => !entities.has(item))
      fill(this, kept, false, this.isPartial())
      return
    }
    const snapshot = this.getSnapshot()
    for (const entity of entities) {
      const index = snapshot?.indexOf(entity) ?? -1
      if (index >= 0) snapshot!.splice(index, 1)
      super.removeWithoutPropagation(entity)
    }
    this.setDirty()
  }

  override async loadCount(options: boolean | LoadOptions = {}): Promise<number> {
    const conditions = await confinement(this)
    if (conditions.length === 0) return super.loadCount(options)
    const given = typeof options === "boolean" ? { refresh: options } : options
    const scoped = { ...given, where: allOf(given.where, conditions) }
    // The count loader of MikroORM 7.2 applies `where` to the pivot entity, which has no such column.
    if (this.property.kind === ReferenceKind.MANY_TO_MANY) scoped.dataloader = false
    return super.loadCount(scoped)
  }

  override async matching(options: LoadOptions): Promise<readonly object[]> {
    const relation = guardOf(this)
    const em = managerOf(this)
    if (relation === null || em === undefined) return super.matching(options)
    const conditions = await confinement(this)
    const scoped = conditions.length === 0 ? options : { ...options, where: allOf(options.where, conditions) }
    return runLoad(relation.failsafe, em, () => super.matching(scoped))
  }

  override isInitialized(fully = false): boolean {
    if (!super.isInitialized(fully)) return false
    // Asked for each row that is loaded; a collection that is just being filled has no scope yet.
    if (#scope in this && this.#scope === undefined) return true
    if (isOfThisScope(this)) return true
    // The unit of work must still find the changes that were made in the other scope.
    return this.isDirty() && failsafeOf(this)?.isFlushing(managerOf(this)) === true
  }

  override checkInitialized(): void {
    assertReadable(this, super.isInitialized())
    super.checkInitialized()
  }

  override shouldPopulate(populated?: boolean): boolean {
    assertReadable(this, super.isInitialized())
    return super.shouldPopulate(populated)
  }

  override toJSON(): unknown[] {
    assertReadable(this, super.isInitialized())
    return super.toJSON()
  }

  override getItems(check = true): object[] {
    failsafeOf(this)
    return super.getItems(check)
  }

  override getEntityManager(items?: Iterable<object>, required?: boolean): EntityManager | undefined {
    failsafeOf(this)
    return super.getEntityManager(items, required)
  }

  override set(items: readonly object[]): void {
    if (!super.isInitialized()) assertMayOverwrite(this, "set()")
    super.set(items)
  }

  override removeAll(): void {
    if (!super.isInitialized()) assertMayOverwrite(this, "removeAll()")
    super.removeAll()
  }
}

Object.defineProperty(GuardedCollection, "name", { value: "FilteredCollection" })

/** What `Collection.create` is to MikroORM's compiled hydrators, with the rows screened first. */
export const createCollection: typeof GuardedCollection.create = (owner, name, items, initialized) =>
  GuardedCollection.create(owner, name, items, initialized)

/** Turns the vanilla collections of an entity into filtered ones: the same objects, with everything that they hold. */
export function adoptCollections(entity: object, relations: readonly RelationGuard[]): void {
  for (const { name } of relations) {
    const collection = (entity as Record<string, unknown>)[name]
    if (Collection.isCollection(collection)) adopt(collection)
  }
}

/** Turns a vanilla collection into a filtered one; returns whether it was a vanilla one. */
export function adopt(collection: object): boolean {
  if (collection instanceof GuardedCollection) return false
  Object.setPrototypeOf(collection, GuardedCollection.prototype)
  return true
}

/** Marks the 1:m collections of an entity as saved: after some flushes MikroORM 7.2 leaves them dirty, with nothing left to save. */
export function settleOneToMany(entity: object, relations: readonly RelationGuard[]): void {
  for (const { name } of relations) {
    const collection = (entity as Record<string, unknown>)[name]
    if (!(collection instanceof GuardedCollection) || !collection.isDirty()) continue
    if (collection.property.kind === ReferenceKind.ONE_TO_MANY) collection.takeSnapshot()
  }
}

/** Binds what the application put into a new entity's collection to the scope in which it was saved. */
export function bindToScope(collection: object, scope: string): void {
  if (GuardedCollection.scopeOf(collection) === undefined) GuardedCollection.setScope(collection, scope)
}

/** Fills a collection with loaded rows, without any mark of a change. */
function fill(
  collection: GuardedCollection,
  items: readonly object[],
  forcePropagate?: boolean,
  partial?: boolean,
  readonly?: boolean,
): void {
  const failsafe = failsafeOf(collection)!
  failsafe.collectionsHydrating++
  try {
    Base.prototype.hydrate.call(collection, items, forcePropagate, partial, readonly)
  } finally {
    failsafe.collectionsHydrating--
  }
}

/** Whether a row may be added: always by the application, while loading only if it belongs there. */
function isAdmitted(collection: GuardedCollection, entity: object): boolean {
  const relation = guardOf(collection)
  if (relation?.failsafe.isHydrating !== true) return true
  // What this scope loads does not belong into a collection that is another one's.
  if (!isOfThisScope(collection)) return false
  return admits(relation, collection, entity, loadingByBatch.has(collection))
}

function screenAgain(collection: GuardedCollection, relation: RelationGuard): void {
  const items = collection.getItems(false)
  const screening = screen(relation, collection, items, "dataloader")
  if (screening === undefined || screening.kept.length < items.length) {
    fill(collection, screening?.kept ?? [], false, collection.isPartial())
  }
  GuardedCollection.setScope(collection, screening?.key)
}

function isOfThisScope(collection: CollectionPort): boolean {
  const scope = GuardedCollection.scopeOf(collection)
  if (scope === undefined) return true
  const key = currentContext()?.key
  return key === undefined || key === scope
}

/** Unlike an unloaded collection, one of another scope would be left out of a response in silence. */
function assertReadable(collection: CollectionPort, isLoaded: boolean): void {
  if (isLoaded && !isOfThisScope(collection)) throw otherScope(guardOf(collection)!)
}

function assertNothingPending(collection: CollectionPort, relation: RelationGuard): void {
  if (!isOfThisScope(collection) && collection.isDirty()) throw otherScopePending(relation)
}

function assertMayOverwrite(collection: CollectionPort, operation: string): void {
  const relation = guardOf(collection)
  if (relation === null || relation.failsafe.isHydrating) return
  refuseUnloadedWrite(relation, operation, managerOf(collection))
}

function usesDataLoader(options: LoadOptions, em: EntityManager): boolean {
  const configured = em.config.getDataloaderType()
  return options.dataloader ?? (configured === DataloaderType.ALL || configured === DataloaderType.COLLECTION)
}
