import { Collection, Utils, type MetadataStorage } from "@mikro-orm/core"
import type { TenantFailsafeError } from "../core/errors.ts"
import { unsupportedOrm } from "../core/refusals.ts"
import type { Failsafe } from "./failsafe.ts"

/** The methods that are overridden or called, by the class that must have them. Read in the sources of MikroORM 7.2.1. */
const needed = {
  collection:
    "add addWithoutPropagation checkInitialized contains getEntityManager getItems getSnapshot hydrate init isDirty isInitialized " +
    "isPartial loadCount matching removeAll removeWithoutPropagation set setDirty shouldPopulate takeSnapshot toJSON",
  hydrator: "hydrate getEntityHydrator getProperties createCollectionItemMapper isRunning",
  entityManager: "find findOne populate stream refresh merge flush getContext getDataLoader fork",
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
 * Compiles the hydrator of one guarded entity, and refuses to start when it does not build its collections through the context
 * that `createCollectionItemMapper` is given.
 *
 * @throws {TenantFailsafeError} `UNSUPPORTED_ORM`
 */
export function assertHydratorFits(failsafe: Failsafe, hydrator: object, metadata: MetadataStorage): void {
  const guarded = [...metadata].find((meta) => !meta.embeddable && failsafe.entityGuard(meta).toMany.length > 0)
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

function unsupported(finding: string): TenantFailsafeError {
  const version = Utils.getORMVersion()
  const details = { version, finding }
  return unsupportedOrm("mikro-orm", `tenant-failsafe does not fit MikroORM ${version}: ${finding}`, "7.2.x", details)
}
