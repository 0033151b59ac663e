import {
  ReferenceKind,
  type Configuration,
  type EntityManager,
  type EntityMetadata,
  type EntityProperty,
  type MetadataStorage,
} from "@mikro-orm/core"
import { publishUnfiltered } from "../core/bypass-channel.ts"
import type { Policy, Settings } from "../core/options.ts"
import { resolveOwnership, type Ownership } from "../core/ownership.ts"
import { remembered } from "../core/remembered.ts"
import { rowSecurityOf, type RowSecurityWatch } from "../core/row-security-watch.ts"
import { entityShapes, targetsOf } from "./entity-shapes.ts"
import { EntityGuard, RelationGuard } from "./guards.ts"
import { linkGuards, type LinkGuards } from "./link-guards.ts"
import { tenantPivot, type TenantPivot } from "./pivot-links.ts"
import { tenantOf, type TenantOf } from "./tenant-of.ts"
import { Flush } from "./writes/flush.ts"
import { Hangings } from "./writes/hangings.ts"

const installed = new WeakMap<Configuration, Failsafe>()

/** The failsafe of one MikroORM instance: its options, and what they mean for each entity and relation. */
export class Failsafe {
  readonly policy: Policy
  /** How many collections are just being filled with loaded rows: what is added meanwhile is no write of the application's. */
  collectionsHydrating = 0
  /** Rows that were kept out of a collection at least once; undefined while there are none. */
  dropped: WeakSet<object> | undefined
  /** Whether any entity has lifecycle hooks of its own. */
  hasHooks = true
  #claims = 0
  #mappings = 0
  readonly #flushing = new Map<EntityManager, { count: number; readonly flush: Flush }>()
  readonly #config: Configuration
  readonly #settings: Settings
  readonly #tenants = new WeakMap<EntityMetadata, TenantOf | null>()
  readonly #entities = new WeakMap<EntityMetadata, EntityGuard>()
  readonly #relations = new WeakMap<EntityProperty, RelationGuard | null>()
  // By class: a relation's `targetMeta` may be another object than the entity's own metadata.
  readonly #oneToMany = new Map<unknown, Map<string, RelationGuard>>()
  readonly #toOneTargets = new Set<unknown>()
  readonly #links = new WeakMap<EntityMetadata, LinkGuards>()
  #hangings: Hangings | undefined
  #rootsWithToMany: readonly EntityMetadata[] | undefined
  #ownership: Ownership | undefined
  #metadata: MetadataStorage | undefined
  #hydrator: { isRunning(): boolean } | undefined

  constructor(config: Configuration, settings: Settings) {
    this.policy = settings.policy
    this.#config = config
    this.#settings = settings
    installed.set(config, this)
  }

  static of(config: Configuration | undefined): Failsafe | undefined {
    return config === undefined ? undefined : installed.get(config)
  }

  /** Resolves the options once the entities are known; throws when they do not fit. */
  start(metadata: MetadataStorage): void {
    this.#ownership = resolveOwnership(this.#settings, entityShapes(metadata))
    this.#metadata = metadata
    this.hasHooks = [...metadata].some(({ hooks }) => Object.values(hooks).some((list) => list.length > 0))
    this.#hydrator = this.#config.getHydrator(metadata)
    for (const meta of metadata) this.#guardRelationsOf(meta)
    publishUnfiltered(this.#settings.unfiltered)
  }

  /** Set where row security is declared active in the database: it keeps foreign rows back from look-ups, too. */
  get rowSecurity(): RowSecurityWatch | undefined {
    return rowSecurityOf(this.#config)
  }

  /** While rows are being hydrated, what reaches a collection comes from the database and not from the application. */
  get isHydrating(): boolean {
    return this.collectionsHydrating > 0 || this.#hydrator?.isRunning() === true
  }

  /** Whether what is being hydrated is the application's word: of `em.merge`, `em.map` and `em.create`, not of the database. */
  get isClaimed(): boolean {
    return this.#claims > 0
  }

  /** Runs what hydrates the application's word. */
  claimed<R>(run: () => R): R {
    if (this.#mappings > 0) return run()
    this.#claims++
    try {
      return run()
    } finally {
      this.#claims--
    }
  }

  /** Runs what hydrates rows that a query builder read, by way of `em.map`. */
  mapping<R>(run: () => R): R {
    this.#mappings++
    try {
      return run()
    } finally {
      this.#mappings--
    }
  }

  isFlushing(em: EntityManager | undefined): boolean {
    return em !== undefined && this.#flushing.has(em)
  }

  /** What is known of the flush that an EntityManager is in. */
  flushOf(em: EntityManager): Flush | undefined {
    return this.#flushing.get(em)?.flush
  }

  /** Runs a flush; within it, the unit of work may see the changes that were made in another scope. */
  async flushing<R>(em: EntityManager, run: (flush: Flush) => Promise<R>): Promise<R> {
    const entry = this.#flushing.get(em) ?? { count: 0, flush: new Flush(this, em) }
    this.#flushing.set(em, entry)
    entry.count++
    try {
      return await run(entry.flush)
    } finally {
      entry.count--
      if (entry.count === 0) this.#flushing.delete(em)
    }
  }

  /** How an entity's tenant is read, or null when it is not tenant-owned. */
  tenantOf(meta: EntityMetadata): TenantOf | null {
    return remembered(this.#tenants, meta, () => {
      const path = this.#ownership?.pathOf(meta.className)
      return path === undefined ? null : tenantOf(meta, path, this.#config)
    })
  }

  entityGuard(meta: EntityMetadata): EntityGuard {
    return remembered(this.#entities, meta, () => {
      const relations = meta.relations
        .map((property) => this.relationGuard(meta, property))
        .filter((relation) => relation !== null)
      return new EntityGuard(
        meta.className,
        this.tenantOf(meta),
        this.#ownership?.isClaimable(meta.className) === true,
        relations.filter((relation) => relation.isToMany),
        relations.filter((relation) => !relation.isToMany),
      )
    })
  }

  /** The roots of the entities that have guarded to-many relations. */
  get rootsWithToMany(): readonly EntityMetadata[] {
    this.#rootsWithToMany ??= [
      ...new Map(
        [...this.#metadata!]
          .filter((meta) => !meta.embeddable && !meta.virtual && this.entityGuard(meta).toMany.length > 0)
          .map(({ root }) => [root.class, root]),
      ).values(),
    ]
    return this.#rootsWithToMany
  }

  /** The guard of a relation, or null when it leads to no tenant-owned entity or is left alone on purpose. */
  relationGuard(owner: EntityMetadata, property: EntityProperty): RelationGuard | null {
    return remembered(this.#relations, property, () => {
      const pivot = this.#pivotOf(property)
      if (!this.#isGuarded(owner, property, pivot)) return null
      return new RelationGuard(this, owner.className, property, targetsOf(property)[0]!, pivot)
    })
  }

  /** The relations by which rows of an entity are joined to tenant-owned rows, or may be. */
  linkGuards(meta: EntityMetadata): LinkGuards {
    return remembered(this.#links, meta, () => linkGuards(this, meta))
  }

  /** Whether a relation is left alone on purpose. */
  isUnfiltered(owner: EntityMetadata, relation: string): boolean {
    return this.#ownership?.unfilteredReason(owner.className, relation) !== undefined
  }

  /** Whether rows of an entity, or of one derived from it, have a tenant. */
  isOwned(target: EntityMetadata): boolean {
    return this.#family(target).some((meta) => this.tenantOf(meta) !== null)
  }

  /** What is known of the rows that may hang on others. */
  get hangings(): Hangings {
    return (this.#hangings ??= new Hangings(this, this.#metadata!))
  }

  /** The guard of a relation that is known since the start, or null when it is not guarded. */
  relationOf(property: EntityProperty): RelationGuard | null {
    return this.#relations.get(property) ?? null
  }

  /** The guarded 1:m relation whose rows refer to their owner by this property or, for a polymorphic one, column. */
  relationLimitedBy(target: EntityMetadata, name: string): RelationGuard | null {
    return this.#oneToMany.get(target.class)?.get(name) ?? null
  }

  /** Whether a guarded to-one relation may point at rows of this entity, or of one derived from it. */
  isReferenced(meta: EntityMetadata): boolean {
    return this.#toOneTargets.has(meta.root.class)
  }

  #guardRelationsOf(owner: EntityMetadata): void {
    for (const property of owner.relations) {
      const guard = this.relationGuard(owner, property)
      if (guard === null) continue
      if (!guard.isToMany) {
        for (const target of targetsOf(property).flatMap((meta) => this.#family(meta)))
          this.#toOneTargets.add(target.root.class)
      } else if (property.mappedBy !== undefined) {
        const byProperty = this.#oneToMany.get(guard.target.class) ?? new Map<string, RelationGuard>()
        this.#oneToMany.set(guard.target.class, byProperty.set(property.mappedBy, guard))
        const mappedBy = guard.target.properties[property.mappedBy]
        if (mappedBy?.polymorphic) for (const column of mappedBy.fieldNames.slice(1)) byProperty.set(column, guard)
      }
    }
  }

  #isGuarded(owner: EntityMetadata, property: EntityProperty, pivot: TenantPivot | undefined): boolean {
    if (property.kind === ReferenceKind.SCALAR || property.kind === ReferenceKind.EMBEDDED || property.mapToPk)
      return false
    if (this.#ownership?.unfilteredReason(owner.className, property.name) !== undefined) return false
    if (pivot !== undefined) return true
    return targetsOf(property).some((target) => this.isOwned(target))
  }

  #pivotOf(property: EntityProperty): TenantPivot | undefined {
    if (property.kind !== ReferenceKind.MANY_TO_MANY || !property.pivotEntity) return undefined
    const meta = this.#metadata?.find(property.pivotEntity)
    const tenant = meta === undefined ? null : this.tenantOf(meta)
    return tenant === null ? undefined : tenantPivot(meta!, tenant, property)
  }

  /** An entity and those derived from it in the same hierarchy: any of them may arrive through a relation. */
  #family(target: EntityMetadata): readonly EntityMetadata[] {
    const derived = Object.values(target.root.discriminatorMap ?? {}).map((entity) => this.#metadata?.find(entity))
    return [target, ...derived.filter((meta) => meta !== undefined)]
  }
}
