import type { EntityManager, EntityProperty } from "@mikro-orm/core"

/** The options of `init`, `loadCount` and `matching` that this package reads; all others pass through. */
export interface LoadOptions {
  where?: unknown
  dataloader?: boolean
  [option: string]: unknown
}

/**
 * The surface of `Collection` that the failsafe overrides or calls. Several methods are `@internal` or private in the types of
 * MikroORM 7.2, but dispatched virtually at run time; `assertFits` checks at start-up that they exist.
 */
export interface CollectionPort {
  readonly owner: object
  property: EntityProperty
  add(entity: object | readonly object[], ...entities: readonly object[]): number
  addWithoutPropagation(entity: object): void
  checkInitialized(): void
  contains(item: object, check?: boolean): boolean
  getEntityManager(items?: Iterable<object>, required?: boolean): EntityManager | undefined
  getItems(check?: boolean): object[]
  getSnapshot(): object[] | undefined
  hydrate(items: readonly object[], forcePropagate?: boolean, partial?: boolean, readonly?: boolean): void
  init(options?: LoadOptions): Promise<unknown>
  isDirty(): boolean
  isInitialized(fully?: boolean): boolean
  isPartial(): boolean
  loadCount(options?: boolean | LoadOptions): Promise<number>
  matching(options: LoadOptions): Promise<readonly object[]>
  removeAll(): void
  removeWithoutPropagation(entity: object): void
  set(items: readonly object[]): void
  setDirty(dirty?: boolean): void
  shouldPopulate(populated?: boolean): boolean
  takeSnapshot(forcePropagate?: boolean): void
  toJSON(): unknown[]
}

/** The class side of `CollectionPort`. */
export interface CollectionPortConstructor {
  new (owner: object, items?: readonly object[], initialized?: boolean): CollectionPort
  readonly prototype: CollectionPort
  create(owner: object, name: string, items: readonly object[] | undefined, initialized: boolean): CollectionPort
}
