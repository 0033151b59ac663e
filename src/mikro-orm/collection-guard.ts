import { helper, type Configuration, type EntityManager } from "@mikro-orm/core"
import type { CollectionPort } from "./collection-port.ts"
import { Failsafe } from "./failsafe.ts"
import type { RelationGuard } from "./guards.ts"
import { metaOf } from "./meta-of.ts"
import { notInstalled } from "./refusals.ts"

/**
 * The guard of a collection's relation, or null when it needs none.
 *
 * @throws {TenantFailsafeError} `NOT_INSTALLED` when the collection's MikroORM has no failsafe
 */
export function guardOf(collection: CollectionPort): RelationGuard | null {
  const failsafe = failsafeOf(collection)
  if (failsafe === undefined) return null
  return failsafe.relationGuard(metaOf(collection.owner), collection.property)
}

/** The failsafe of a collection's MikroORM; undefined before any MikroORM knows the entity. Throws like `guardOf`. */
export function failsafeOf(collection: CollectionPort): Failsafe | undefined {
  const config = configOf(collection.owner)
  if (config === undefined) return undefined
  const failsafe = Failsafe.of(config)
  if (failsafe === undefined) throw notInstalled(collection.owner.constructor.name)
  return failsafe
}

export function managerOf(collection: CollectionPort): EntityManager | undefined {
  return helper(collection.owner).__em
}

function configOf(owner: object): Configuration | undefined {
  const { __helper, __config } = owner as { __config?: Configuration; __helper?: { __em?: EntityManager } }
  // The prototype's configuration is that of the MikroORM that was set up last with this entity class.
  return __helper?.__em?.config ?? __config
}
