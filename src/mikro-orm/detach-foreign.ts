import { judge } from "../core/verdict.ts"
import type { EntityLoad } from "./entity-load.ts"
import { metaOf } from "./meta-of.ts"
import { tenantValue } from "./tenant-lookup.ts"

/**
 * `em.refresh` of MikroORM 7.2 loads into a fork and copies every entity of the fork's identity map; foreign rows that were
 * dropped from collections would be copied along, and written back with the next flush.
 */
export async function detachForeign(load: EntityLoad, root: object | null): Promise<void> {
  await load.settle()
  const { em, owned, failsafe } = load
  if (em === undefined || owned === undefined) return
  const identityMap = em.getUnitOfWork(false).getIdentityMap()
  for (const entity of [...identityMap] as object[]) {
    const tenant = failsafe.tenantOf(metaOf(entity))
    if (entity === root || tenant === null) continue
    if (judge(tenantValue(entity, tenant), owned) === "foreign") identityMap.delete(entity)
  }
}
