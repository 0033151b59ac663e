import {
  Collection,
  Utils,
  type EntityManager,
  type EntityMetadata,
  type EntityProperty,
  type MetadataStorage,
} from "@mikro-orm/core"
import type { TenantFailsafeError } from "../core/errors.ts"
import { unsupportedOrm } from "../core/refusals.ts"
import type { Failsafe } from "./failsafe.ts"

/** The methods that are overridden or called, by the class that must have them. Read in the sources of MikroORM 7.2.1. */
const needed = {
  collection:
    "add addWithoutPropagation checkInitialized contains getEntityManager getItems getSnapshot hydrate init isDirty isInitialized " +
    "isPartial loadCount matching removeAll removeWithoutPropagation set setDirty shouldPopulate takeSnapshot toJSON",
  hydrator: "hydrate getEntityHydrator getProperties createCollectionItemMapper isRunning",
  entityManager:
    "find findOne populate stream refresh merge map create flush insert insertMany upsert upsertMany nativeUpdate nativeDelete clone " +
    "getContext getDataLoader getEventManager getReference getUnitOfWork fork count",
}

/** The same, by what an EntityManager works with. */
const neededWithin = {
  unitOfWork:
    "commit getById getChangeSets getChangeSetPersister getCollectionUpdates getExtraUpdates getIdentityMap getOrphanRemoveStack " +
    "getPersistStack getRemoveStack persist",
  changeSetPersister: "executeInserts executeUpdates executeDeletes",
  driver: "loadFromPivotTable nativeDelete nativeInsertMany nativeUpdate nativeUpdateMany syncCollections",
  queryBuilder: "addCte andWhere clone execute finalize getResultList mapResult select stream",
}

/**
 * Refuses to start on a MikroORM that lacks one of the methods: unguarded in silence is worse than not at all.
 *
 * @throws {TenantFailsafeError} `UNSUPPORTED_ORM`
 */
export function assertMethods(entityManager: Function, filteredHydrator: Function): void {
  const hydrator = Object.getPrototypeOf(filteredHydrator) as Function
  const classes = { collection: Collection, hydrator, entityManager }
  for (const [kind, methods] of Object.entries(needed)) {
    const { name, prototype } = classes[kind as keyof typeof needed]
    const missing = methods
      .split(" ")
      .find((method) => typeof (prototype as Record<string, unknown>)[method] !== "function")
    if (missing !== undefined) throw unsupported(`${name}.${missing}() is missing`)
  }
}

/**
 * Refuses to start on a MikroORM whose unit of work, driver or query builder lacks one of the methods by which writes are guarded.
 *
 * @throws {TenantFailsafeError} `UNSUPPORTED_ORM`
 */
export function assertWriteMethods(em: EntityManager, driver: object, metadata: MetadataStorage): void {
  const unitOfWork = em.getUnitOfWork(false)
  const queryBuilder = sampleBuilder(driver, metadata)
  const within = { unitOfWork, changeSetPersister: unitOfWork.getChangeSetPersister?.(), driver, queryBuilder }
  for (const [kind, methods] of Object.entries(neededWithin)) {
    const place: object | undefined = within[kind as keyof typeof neededWithin]
    if (place === undefined && kind === "queryBuilder") continue
    const missing = methods
      .split(" ")
      .find((method) => typeof (place as Record<string, unknown> | undefined)?.[method] !== "function")
    if (missing !== undefined) throw unsupported(`${place?.constructor.name ?? kind}.${missing}() is missing`)
  }
  const state = queryBuilder?.state
  if (queryBuilder !== undefined && !(state?.flags instanceof Set))
    throw unsupported("QueryBuilder.state.flags is missing")
}

/** A query builder of this driver, if it has any and there is an entity to build one for. */
function sampleBuilder(
  driver: object,
  metadata: MetadataStorage,
): { readonly state?: { readonly flags?: unknown } } | undefined {
  const { createQueryBuilder: create } = driver as { createQueryBuilder?: (entity: unknown) => object }
  const sample = [...metadata].find((meta) => !meta.embeddable && !meta.virtual && !meta.abstract)
  return create === undefined || sample === undefined ? undefined : create.call(driver, sample.class)
}

/**
 * Compiles the hydrator of one guarded entity, and refuses to start when it does not build its collections through the context
 * that `createCollectionItemMapper` is given.
 *
 * @throws {TenantFailsafeError} `UNSUPPORTED_ORM`
 */
export function assertHydratorFits(failsafe: Failsafe, hydrator: object, metadata: MetadataStorage): void {
  const guarded = [...metadata].find(
    (meta) => !meta.embeddable && failsafe.entityGuard(meta).toMany.some(({ name }) => isHydrated(meta, name)),
  )
  if (guarded === undefined) return
  const port = hydrator as {
    getEntityHydrator(meta: object, type: "full"): unknown
    buildsFilteredCollections?: boolean
  }
  const compiled = String(port.getEntityHydrator(guarded, "full"))
  if (port.buildsFilteredCollections !== true || !compiled.includes("Collection.create(entity")) {
    throw unsupported("its compiled hydrators do not take Collection from the context of createCollectionItemMapper()")
  }
}

/** The inverse side of a m:n relation that is not mapped is among the properties all the same, but never hydrated. */
function isHydrated({ properties }: EntityMetadata, name: string): boolean {
  return (properties as Readonly<Record<string, EntityProperty>>)[name]?.hydrate !== false
}

function unsupported(finding: string): TenantFailsafeError {
  const version = Utils.getORMVersion()
  const details = { version, finding }
  return unsupportedOrm("mikro-orm", `tenant-failsafe does not fit MikroORM ${version}: ${finding}`, "7.2.x", details)
}
