import type { EventArgs, EventSubscriber, FlushEventArgs } from "@mikro-orm/core"
import { currentContext } from "../core/scope.ts"
import { Failsafe } from "./failsafe.ts"
import { adopt, adoptCollections, bindToScope } from "./guarded-collection.ts"
import { metaOf } from "./meta-of.ts"
import { toManyByEntity } from "./to-many-of.ts"
import { Flush } from "./writes/flush.ts"
import { registerOwn } from "./own-subscriber.ts"
import { skipSpuriousUpdates } from "./spurious-updates.ts"
import { refuseUnloadedWrite } from "./unloaded-write.ts"

/** Covers the collections that MikroORM itself builds as vanilla ones: `em.assign`, `upsert`, the unit of work. */
export class FailsafeSubscriber implements EventSubscriber {
  constructor() {
    registerOwn(this)
  }

  async onFlush({ em, uow }: FlushEventArgs): Promise<void> {
    const failsafe = Failsafe.of(em.config)
    if (failsafe === undefined) return
    if (failsafe.dropped !== undefined) skipSpuriousUpdates(failsafe.dropped, uow.getChangeSets())
    for (const collection of uow.getCollectionUpdates()) {
      const relation = failsafe.relationGuard(metaOf(collection.owner), collection.property)
      // A filtered collection was asked when it was overwritten.
      if (relation === null || !adopt(collection)) continue
      // No snapshot: the collection was overwritten unloaded, and is about to be emptied by the owner's key.
      if (collection.getSnapshot() === undefined) refuseUnloadedWrite(relation, "this write", em)
    }
    const flush = failsafe.flushOf(em)
    if (flush !== undefined) return flush.check(uow)
    // A unit of work that is committed by itself is no flush of its EntityManager's.
    const alone = new Flush(failsafe, em)
    await alone.run(() => alone.check(uow))
  }

  afterFlush({ em, uow }: FlushEventArgs): void {
    const failsafe = Failsafe.of(em.config)
    if (failsafe === undefined) return
    const key = failsafe.policy.onLeak === "report" ? undefined : currentContext()?.key
    if (failsafe.rootsWithToMany.length === 0) return
    const toManyOf = toManyByEntity(failsafe)
    for (const { entity } of uow.getChangeSets()) {
      const toMany = toManyOf(entity)
      if (toMany.length === 0) continue
      adoptCollections(entity, toMany)
      if (key === undefined) continue
      for (const { name } of toMany) {
        const collection: unknown = entity[name]
        if (typeof collection === "object" && collection !== null) bindToScope(collection, key)
      }
    }
  }

  afterUpsert({ em, entity }: EventArgs<object>): void {
    const failsafe = Failsafe.of(em.config)
    if (failsafe !== undefined) {
      adoptCollections(entity, failsafe.entityGuard(metaOf(entity)).toMany)
    }
  }
}
