import type { EntityMetadata } from "@mikro-orm/core"
import type { Failsafe } from "./failsafe.ts"
import type { RelationGuard } from "./guards.ts"
import { metaOf } from "./meta-of.ts"

/** Tells an entity's guarded to-many relations: for many entities one after the other, most of which are of the same kind. */
export function toManyByEntity(failsafe: Failsafe): (entity: object) => readonly RelationGuard[] {
  let meta: EntityMetadata | undefined
  let toMany: readonly RelationGuard[] = []
  return (entity) => {
    if (metaOf(entity) === meta) return toMany
    meta = metaOf(entity)
    toMany = failsafe.entityGuard(meta).toMany
    return toMany
  }
}
