import type { ChangeSet, EntityManager, EntityMetadata } from "@mikro-orm/core"
import { currentContext } from "../../core/scope.ts"
import { EntityLoad } from "../entity-load.ts"
import type { Failsafe } from "../failsafe.ts"
import { metaOf } from "../meta-of.ts"
import { forgetStored, rememberStored } from "../stored-tenant.ts"
import type { TenantOf } from "../tenant-of.ts"
import { checkAlone } from "./flush.ts"

type Change = ChangeSet<object>
type InsertOptions = { readonly [apart]?: boolean }

/** Marks the options of `em.insert`: what it sends is no part of a flush that the same EntityManager may be in. */
export const apart: unique symbol = Symbol("apart from any flush")

/** The methods of MikroORM 7.2's `ChangeSetPersister` that send change sets. They call themselves once more, for each schema. */
interface PersisterPort {
  executeInserts(changes: readonly Change[], options?: InsertOptions, isOfOneSchema?: boolean): Promise<void>
  executeUpdates(
    changes: readonly Change[],
    isBatched: boolean,
    options?: object,
    isOfOneSchema?: boolean,
  ): Promise<void>
  executeDeletes(changes: readonly Change[], options?: object, isOfOneSchema?: boolean): Promise<void>
}

/**
 * Judges change sets right before they are sent: those of `em.insert`, which no flush announces, and those of a flush once more, because
 * lifecycle hooks run in between. Keeps in mind what is stored afterwards.
 */
export function guardPersister(failsafe: Failsafe, em: EntityManager): void {
  const persister = em.getUnitOfWork(false).getChangeSetPersister() as unknown as PersisterPort
  const insert = persister.executeInserts.bind(persister)
  const update = persister.executeUpdates.bind(persister)
  const remove = persister.executeDeletes.bind(persister)
  persister.executeInserts = async (changes, options, isOfOneSchema) => {
    if (isOfOneSchema === true) return insert(changes, options, isOfOneSchema)
    await (options?.[apart] === true ? checkApart(failsafe, em, changes) : check(failsafe, em, changes))
    await insert(changes, options)
    for (const { entity } of changes) rememberInserted(failsafe, entity)
  }
  persister.executeUpdates = async (changes, isBatched, options, isOfOneSchema) => {
    if (isOfOneSchema === true) return update(changes, isBatched, options, isOfOneSchema)
    // Values that were held back are computed when their turn comes, and sent one by one.
    await check(failsafe, em, changes, !isBatched)
    await update(changes, isBatched, options)
    forgetMoved(failsafe, changes)
  }
  persister.executeDeletes = async (changes, options, isOfOneSchema) => {
    if (isOfOneSchema !== true) await check(failsafe, em, changes)
    return remove(changes, options, isOfOneSchema)
  }
}

async function check(
  failsafe: Failsafe,
  em: EntityManager,
  changes: readonly Change[],
  isComputedLate = false,
): Promise<void> {
  const flush = failsafe.flushOf(em)
  await (flush === undefined ? checkApart(failsafe, em, changes) : flush.recheck(changes, isComputedLate))
}

async function checkApart(failsafe: Failsafe, em: EntityManager, changes: readonly Change[]): Promise<void> {
  const context = currentContext()
  const load = EntityLoad.current(context, failsafe)
  if (load !== undefined) return checkAlone(load, em, changes)
  const own = new EntityLoad(failsafe, em, context)
  try {
    await checkAlone(own, em, changes)
    own.close()
  } catch (error) {
    throw own.abandon(error)
  }
}

function rememberInserted(failsafe: Failsafe, entity: object): void {
  const tenant = failsafe.tenantOf(metaOf(entity))
  if (tenant?.column === undefined) return
  const value = tenant.read(entity)
  if (value !== undefined) rememberStored(entity, value)
}

/** The transaction may yet be rolled back: whose a moved row is then has to be looked up. */
function forgetMoved(failsafe: Failsafe, changes: readonly Change[]): void {
  let meta: EntityMetadata | undefined
  let tenant: TenantOf | null = null
  for (const { entity, payload } of changes) {
    if (metaOf(entity) !== meta) {
      meta = metaOf(entity)
      tenant = failsafe.tenantOf(meta)
    }
    const isMoved =
      tenant?.column?.isIn(payload) ?? (tenant?.link !== undefined && tenant.link.property.name in payload)
    if (isMoved) forgetStored(entity)
  }
}
