import { helper, Utils, type EntityManager, type EntityName } from "@mikro-orm/core"
import { allOf } from "./all-of.ts"
import { currentContext } from "../core/scope.ts"
import { guardedStream } from "./guarded-stream.ts"
import type { EntityManagerClass, FindOptions, WriteOptions } from "./entity-manager-port.ts"
import { EntityLoad, runLoad, runLoadSync } from "./entity-load.ts"
import { Failsafe } from "./failsafe.ts"
import { adoptCollections, settleOneToMany } from "./guarded-collection.ts"
import { guardQueryBuilder, type QueryBuilderPort } from "./guarded-query-builder.ts"
import { auditReloaded, auditRoots, suspectReferences } from "./roots.ts"
import { metaOf } from "./meta-of.ts"
import { scopeCondition } from "./scope-condition.ts"
import { ScopedLoaders, type LoaderKind } from "./scoped-loaders.ts"
import { detachForeign } from "./detach-foreign.ts"
import { forgetStored } from "./stored-tenant.ts"
import { toManyByEntity } from "./to-many-of.ts"
import { apart, guardPersister } from "./writes/guarded-persister.ts"
import { cloneOverrides, deleteCondition, insertedRows, updateCondition, type Statement } from "./writes/statements.ts"

/**
 * Derives the EntityManager of a guarded MikroORM from the one that its driver uses. Each public call that loads becomes
 * one load, at whose end the unknown rows are looked up, the records published and refusals thrown.
 */
export function guardedEntityManager(Base: EntityManagerClass): EntityManagerClass {
  class GuardedEntityManager extends Base {
    readonly #loaders = new ScopedLoaders()

    constructor(...args: ConstructorParameters<EntityManagerClass>) {
      super(...args)
      guardPersister(this.#failsafe, this as unknown as EntityManager)
    }

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
        const entity = this.#failsafe.claimed(() => super.merge(entityName, data, options))
        this.#adopt(entity)
        return entity
      })
    }

    override map(entityName: unknown, result: unknown, options?: object): object {
      return this.#failsafe.claimed(() => super.map(entityName, result, options))
    }

    override create(entityName: unknown, data: unknown, options?: object): object {
      return this.#failsafe.claimed(() => super.create(entityName, data, options))
    }

    override async flush(): Promise<void> {
      const em = this.getContext(false)
      await this.#failsafe.flushing(em, (flush) => flush.run(() => super.flush()))
      const toManyOf = toManyByEntity(this.#failsafe)
      const identityMap = em.getUnitOfWork(false).getIdentityMap()
      for (const root of this.#failsafe.rootsWithToMany) {
        for (const entity of identityMap.getStore<object>(root).values()) settleOneToMany(entity, toManyOf(entity))
      }
    }

    override async insert(target: unknown, data?: unknown, options: WriteOptions = {}): Promise<unknown> {
      return this.#load(async (load) => {
        // Entities are judged where their change sets are sent.
        if (data === undefined || Utils.isEntity<object>(data))
          return super.insert(target, data, { ...options, [apart]: true })
        const [row] = await insertedRows(this.#statement(load, target, options), [data as object])
        return super.insert(target, row, options)
      })
    }

    override async insertMany(target: unknown, data?: unknown, options: WriteOptions = {}): Promise<unknown> {
      return this.#load(async (load) => {
        const rows = data as readonly object[] | undefined
        if (rows === undefined || rows.length === 0 || Utils.isEntity(rows[0]))
          return super.insertMany(target, data, { ...options, [apart]: true })
        return super.insertMany(target, await insertedRows(this.#statement(load, target, options), rows), options)
      })
    }

    override async upsert(target: unknown, data?: unknown, options: WriteOptions = {}): Promise<object> {
      return this.#load(async () => {
        const entity = await super.upsert(target, data, options)
        forgetStored(entity)
        return entity
      })
    }

    override async upsertMany(target: unknown, data?: unknown, options: WriteOptions = {}): Promise<object[]> {
      return this.#load(async () => {
        const entities = await super.upsertMany(target, data, options)
        for (const entity of entities) forgetStored(entity)
        return entities
      })
    }

    override async nativeUpdate(
      target: unknown,
      where: unknown,
      data: object,
      options: WriteOptions = {},
    ): Promise<number> {
      return this.#load(async (load) => {
        const own = await updateCondition(this.#statement(load, target, options), where, data)
        return super.nativeUpdate(target, own, data, options)
      })
    }

    override async nativeDelete(target: unknown, where: unknown, options: WriteOptions = {}): Promise<number> {
      return this.#load(async (load) => {
        const own = await deleteCondition(this.#statement(load, target, options), where)
        return super.nativeDelete(target, own, options)
      })
    }

    override async clone(target: unknown, ...args: readonly unknown[]): Promise<object> {
      return this.#load(async (load) => {
        if (Utils.isEntity<object>(target)) {
          const [overrides, options] = args as [unknown, WriteOptions?]
          const key = helper(target).getPrimaryKey()
          const own = await cloneOverrides(this.#statement(load, target.constructor, options), key, overrides)
          return super.clone(target, own, options)
        }
        const [where, overrides, options] = args as [unknown, unknown, WriteOptions?]
        const own = await cloneOverrides(this.#statement(load, target, options), where, overrides)
        return super.clone(target, where, own, options)
      })
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

    #statement(load: EntityLoad, target: unknown, options: WriteOptions = {}): Statement {
      const em = this.getContext(false)
      return { load, em, meta: this.getMetadata().get(target as EntityName), schema: options.schema ?? em.schema }
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
