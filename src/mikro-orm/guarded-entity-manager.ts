import { type Configuration, type EntityManager, type EntityName, type MetadataStorage } from "@mikro-orm/core"
import { allOf } from "./all-of.ts"
import { currentContext } from "../core/scope.ts"
import { guardedStream } from "./guarded-stream.ts"
import { EntityLoad, runLoad, runLoadSync } from "./entity-load.ts"
import { Failsafe } from "./failsafe.ts"
import { adoptCollections, settleOneToMany } from "./guarded-collection.ts"
import { guardQueryBuilder, type QueryBuilderPort } from "./guarded-query-builder.ts"
import { auditReloaded, auditRoots, suspectReferences } from "./roots.ts"
import { metaOf } from "./meta-of.ts"
import { scopeCondition } from "./scope-condition.ts"
import { ScopedLoaders, type LoaderKind } from "./scoped-loaders.ts"
import { detachForeign } from "./detach-foreign.ts"

interface FindOptions {
  readonly disableIdentityMap?: boolean
  /** Set by MikroORM 7.2 when it loads a limited number of children per parent. */
  readonly _partitionLimit?: { readonly partitionBy?: unknown }
}

/** The public methods of an EntityManager that load entities, as MikroORM 7.2 declares them, without their generics. */
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

/**
 * Derives the EntityManager of a guarded MikroORM from the one that its driver uses. Each public call that loads becomes
 * one load, at whose end the unknown rows are looked up, the records published and refusals thrown.
 */
export function guardedEntityManager(Base: EntityManagerClass): EntityManagerClass {
  class GuardedEntityManager extends Base {
    readonly #loaders = new ScopedLoaders()

    override async find(entityName: unknown, where: unknown, options: FindOptions = {}): Promise<object[]> {
      if (this.#readsThroughFork(options)) return this.#forking(() => super.find(entityName, where, options))
      return this.#load(async (load, isOutermost) => {
        const entities = await super.find(entityName, this.#confineLimit(entityName, where, options), options)
        this.#audit(load, isOutermost, entities)
        return entities
      })
    }

    override async findOne(entityName: unknown, where: unknown, options: FindOptions = {}): Promise<object | null> {
      if (this.#readsThroughFork(options)) return this.#forking(() => super.findOne(entityName, where, options))
      return this.#load(async (load, isOutermost) => {
        const entity = await super.findOne(entityName, where, options)
        if (entity !== null && isOutermost && entity === where) auditReloaded(load, entity)
        else if (entity !== null) this.#audit(load, isOutermost, [entity])
        if (load.isRefresh && isOutermost) await detachForeign(load, entity)
        return entity
      })
    }

    override async populate(entities: unknown, populate: unknown, options?: object): Promise<unknown> {
      return this.#load(() => {
        for (const entity of entitiesIn(entities)) this.#adopt(entity)
        return super.populate(entities, populate, options)
      })
    }

    override stream(entityName: unknown, options?: object): AsyncIterableIterator<object> {
      const source = super.stream(entityName, options)
      const em = this.getContext(false)
      return guardedStream(this.#failsafe, em, source, currentContext(), (load, entity) => auditRoots(load, [entity]))
    }

    override async refresh(entity: object, options?: object): Promise<object | null> {
      return runLoad(
        this.#failsafe,
        this.getContext(false),
        () => super.refresh(entity, options),
        currentContext(),
        true,
      )
    }

    override merge(entityName: unknown, data?: unknown, options?: unknown): object {
      return runLoadSync(this.#failsafe, this.getContext(false), () => {
        const entity = super.merge(entityName, data, options)
        this.#adopt(entity)
        return entity
      })
    }

    override async flush(): Promise<void> {
      const em = this.getContext(false)
      await this.#failsafe.flushing(em, () => super.flush())
      for (const entity of em.getUnitOfWork(false).getIdentityMap() as Iterable<object>) {
        const { toMany } = this.#failsafe.entityGuard(metaOf(entity))
        if (toMany.length > 0) settleOneToMany(entity, toMany)
      }
    }

    override async getDataLoader(kind: LoaderKind): Promise<unknown> {
      const context = currentContext()
      if (context?.key === undefined) return super.getDataLoader(kind)
      const em = this.getContext()
      return em === (this as unknown) ? this.#loaders.get(em, kind, context.key) : em.getDataLoader(kind)
    }

    override createQueryBuilder(...args: readonly unknown[]): QueryBuilderPort {
      const em = this.getContext(false)
      return guardQueryBuilder(this.#failsafe, em, super.createQueryBuilder(...args))
    }

    get #failsafe(): Failsafe {
      return Failsafe.of(this.config)!
    }

    #load<R>(run: (load: EntityLoad, isOutermost: boolean) => Promise<R>): Promise<R> {
      return runLoad(this.#failsafe, this.getContext(false), run)
    }

    /** Without the identity map, MikroORM 7.2 reads through a fork, which is guarded itself. */
    #readsThroughFork(options: FindOptions): boolean {
      return options.disableIdentityMap ?? this.config.get("disableIdentityMap") === true
    }

    /** The fork is asked before anything is awaited; within a load, its rows go to the load. */
    #forking<R>(read: () => Promise<R>): Promise<R> {
      const load = EntityLoad.current(currentContext(), this.#failsafe)
      if (load === undefined) return read()
      load.expectsFork = true
      try {
        return read()
      } finally {
        load.expectsFork = false
      }
    }

    /** A limit per parent is applied by the database, where foreign rows use it up and own ones would be missing. */
    #confineLimit(entityName: unknown, where: unknown, options: FindOptions): unknown {
      const property = options._partitionLimit?.partitionBy
      if (typeof property !== "string") return where
      const relation = this.#failsafe.relationLimitedBy(this.getMetadata().get(entityName as EntityName), property)
      const condition = relation === null ? undefined : scopeCondition(relation)
      return condition === undefined ? where : allOf(where, [condition])
    }

    #audit(load: EntityLoad, isOutermost: boolean, entities: readonly object[]): void {
      if (isOutermost) auditRoots(load, entities)
      else suspectReferences(load, entities)
    }

    #adopt(entity: object): void {
      adoptCollections(entity, this.#failsafe.entityGuard(metaOf(entity)).toMany)
    }
  }
  // The class stands in for the application's own, also where it is printed.
  Object.defineProperty(GuardedEntityManager, "name", { value: Base.name })
  return GuardedEntityManager
}

function entitiesIn(value: unknown): Iterable<object> {
  const list: Iterable<unknown> = Array.isArray(value) || value instanceof Set ? value : [value]
  return [...list].filter(
    (entity): entity is object => typeof entity === "object" && entity !== null && "__meta" in entity,
  )
}
