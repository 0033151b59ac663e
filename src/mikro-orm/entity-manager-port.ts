import type { Configuration, EntityManager, MetadataStorage } from "@mikro-orm/core"
import type { QueryBuilderPort } from "./guarded-query-builder.ts"
import type { LoaderKind } from "./scoped-loaders.ts"

/** The options of `find` and `findOne` that are read. */
export interface FindOptions {
  readonly disableIdentityMap?: boolean
  /** Set by MikroORM 7.2 when it loads a limited number of children per parent. */
  readonly _partitionLimit?: { readonly partitionBy?: unknown }
}

/** The option of writing methods that is read. */
export interface WriteOptions {
  readonly schema?: string
  readonly [option: symbol]: unknown
}

/** The public methods of an EntityManager that load or write entities, as MikroORM 7.2 declares them, without their generics. */
export interface EntityManagerPort {
  readonly config: Configuration
  getContext(validate?: boolean): EntityManager
  getMetadata(): MetadataStorage
  find(entityName: unknown, where: unknown, options?: FindOptions): Promise<object[]>
  findOne(entityName: unknown, where: unknown, options?: FindOptions): Promise<object | null>
  populate(entities: unknown, populate: unknown, options?: object): Promise<unknown>
  stream(entityName: unknown, options?: object): AsyncIterableIterator<object>
  refresh(entity: object, options?: object): Promise<object | null>
  merge(entityName: unknown, data?: unknown, options?: unknown): object
  map(entityName: unknown, result: unknown, options?: object): object
  create(entityName: unknown, data: unknown, options?: object): object
  insert(target: unknown, data?: unknown, options?: WriteOptions): Promise<unknown>
  insertMany(target: unknown, data?: unknown, options?: WriteOptions): Promise<unknown>
  upsert(target: unknown, data?: unknown, options?: WriteOptions): Promise<object>
  upsertMany(target: unknown, data?: unknown, options?: WriteOptions): Promise<object[]>
  nativeUpdate(target: unknown, where: unknown, data: object, options?: WriteOptions): Promise<number>
  nativeDelete(target: unknown, where: unknown, options?: WriteOptions): Promise<number>
  clone(target: unknown, ...args: readonly unknown[]): Promise<object>
  flush(): Promise<void>
  getDataLoader(kind: LoaderKind): Promise<unknown>
  createQueryBuilder(...args: readonly unknown[]): QueryBuilderPort
}

/** A constructor of EntityManagers; MikroORM passes these five arguments, also when it forks. */
export type EntityManagerClass = new (
  config: Configuration,
  driver: unknown,
  metadata: MetadataStorage,
  useContext?: boolean,
  eventManager?: unknown,
) => EntityManagerPort
