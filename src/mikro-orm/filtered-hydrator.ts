import {
  Collection,
  Reference,
  Utils,
  type Configuration,
  type EntityMetadata,
  type EntityProperty,
  type MetadataStorage,
  type Platform,
} from "@mikro-orm/core"
import { currentContext } from "../core/scope.ts"
import { EntityLoad } from "./entity-load.ts"
import { Failsafe } from "./failsafe.ts"
import { adoptCollections, createCollection } from "./guarded-collection.ts"
import type { EntityGuard } from "./guards.ts"
import { auditReferences } from "./references.ts"
import { metaOf } from "./meta-of.ts"
import { forgetStored, rememberStored, storedTenantOf } from "./stored-tenant.ts"
import type { TenantLink, TenantOf } from "./tenant-of.ts"

type Values = Record<string, unknown>

/** The part of `ObjectHydrator` that is overridden; its `getProperties` and `createCollectionItemMapper` are private in the types. */
interface HydratorPort {
  hydrate(
    entity: object,
    meta: EntityMetadata,
    data: object,
    factory: object,
    type: "full" | "reference",
    newEntity?: boolean,
    convertCustomTypes?: boolean,
    schema?: string,
    parentSchema?: string,
    normalizeAccessors?: boolean,
  ): void
  getEntityHydrator(meta: EntityMetadata, type: "full" | "reference", normalizeAccessors?: boolean): unknown
  getProperties(meta: EntityMetadata, type: "full" | "reference"): EntityProperty[]
  createCollectionItemMapper(property: EntityProperty, context: Map<string, unknown>): string[]
}

export type HydratorClass = new (metadata: MetadataStorage, platform: Platform, config: Configuration) => object

/**
 * What compiled hydrators of MikroORM 7.2 call instead of `Collection`: they take it from the context map, as `Collection.create`
 * and as the right side of `instanceof`.
 */
const collectionFactory = Object.freeze({
  create: createCollection,
  [Symbol.hasInstance]: (value: unknown): boolean => Collection.isCollection(value),
})

/** A hydrator that builds filtered collections, derived from the application's own (MikroORM's `ObjectHydrator` by default). */
export function filteredHydrator(base: HydratorClass): HydratorClass {
  const Base = base as unknown as new (
    metadata: MetadataStorage,
    platform: Platform,
    config: Configuration,
  ) => HydratorPort

  class FilteredHydrator extends Base {
    /** Set once a hydrator was compiled with the collections of this package. */
    buildsFilteredCollections = false
    readonly #config: Configuration
    #ownFailsafe: Failsafe | undefined
    #lastMeta: EntityMetadata | undefined
    #lastGuard: EntityGuard | undefined

    constructor(metadata: MetadataStorage, platform: Platform, config: Configuration) {
      super(metadata, platform, config)
      this.#config = config
    }

    // Once per row: neither a rest array nor a lookup for the entity that came before.
    override hydrate(
      entity: object,
      meta: EntityMetadata,
      data: object,
      factory: object,
      type: "full" | "reference",
      newEntity?: boolean,
      convertCustomTypes?: boolean,
      schema?: string,
      parentSchema?: string,
      normalizeAccessors?: boolean,
    ): void {
      super.hydrate(
        entity,
        meta,
        data,
        factory,
        type,
        newEntity,
        convertCustomTypes,
        schema,
        parentSchema,
        normalizeAccessors,
      )
      const guard = this.#guardOf(meta)
      if (newEntity === true) {
        adoptCollections(entity, guard.toMany)
        return
      }
      if (type === "full" && guard.tenant !== null) this.#remember(entity, data, guard.tenant)
      if (guard.toOne.length > 0) this.#audit(entity, guard)
    }

    /** The tenant comes right after the key, so that it is known when a row is propagated into its parent's collection. */
    override getProperties(meta: EntityMetadata, type: "full" | "reference"): EntityProperty[] {
      const properties = super.getProperties(meta, type)
      const first = this.#failsafe.tenantOf(meta)?.firstProperty
      if (type !== "full" || first === undefined) return properties
      const rank = (property: EntityProperty): number => (property.primary ? 0 : property.name === first ? 1 : 2)
      return properties.toSorted((a, b) => rank(a) - rank(b))
    }

    override createCollectionItemMapper(property: EntityProperty, context: Map<string, unknown>): string[] {
      context.set("Collection", collectionFactory)
      this.buildsFilteredCollections = true
      return super.createCollectionItemMapper(property, context)
    }

    /** Whose the row is, for the write guard: what the database said, as opposed to what the application says. */
    #remember(entity: object, data: object, tenant: TenantOf): void {
      const { column, link } = tenant
      if (column === undefined) {
        if (link !== undefined) this.#rememberAlong(entity, link)
        return
      }
      if (!column.isIn(data)) return
      if (this.#failsafe.isClaimed) {
        forgetStored(entity)
        return
      }
      const value = tenant.read(entity)
      if (value !== undefined) rememberStored(entity, value)
      // With `forceUndefined`, an entity does not tell NULL from a column that was not loaded.
      else if (column.of({ values: data as Values, isSent: false }) === null) rememberStored(entity, null)
    }

    /** A row that is its parent's is remembered where the parent came along with it. */
    #rememberAlong(entity: object, { property, rest }: TenantLink): void {
      forgetStored(entity)
      const parent: unknown = this.#failsafe.isClaimed
        ? undefined
        : Reference.unwrapReference((entity as Values)[property.name] as object)
      if (!Utils.isEntity<object>(parent)) return
      const tenant = storedTenantOf(parent)
      if (tenant !== undefined && this.#failsafe.tenantOf(metaOf(parent))?.path === rest.path)
        rememberStored(entity, tenant)
    }

    #audit(entity: object, guard: EntityGuard): void {
      const load = EntityLoad.current(currentContext(), this.#failsafe)
      if (load?.owned !== undefined) auditReferences(load, entity, guard.toOne)
    }

    #guardOf(meta: EntityMetadata): EntityGuard {
      if (meta !== this.#lastMeta) {
        this.#lastMeta = meta
        this.#lastGuard = this.#failsafe.entityGuard(meta)
      }
      return this.#lastGuard!
    }

    get #failsafe(): Failsafe {
      return (this.#ownFailsafe ??= Failsafe.of(this.#config)!)
    }
  }
  return FilteredHydrator
}
