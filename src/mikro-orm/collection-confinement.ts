import { guardOf, managerOf } from "./collection-guard.ts"
import type { CollectionPort } from "./collection-port.ts"
import { linkCondition } from "./pivot-links.ts"
import { scopeTenants } from "./scope-condition.ts"

/** What a query on a collection's rows is confined by: in the database, so that counts and limits are right. */
export async function confinement(collection: CollectionPort): Promise<readonly object[]> {
  const relation = guardOf(collection)
  const em = managerOf(collection)
  if (relation === null || em === undefined) return []
  const tenants = scopeTenants(relation)
  if (tenants === undefined) return []
  const rows = relation.failsafe.tenantOf(relation.target)?.condition(tenants)
  const { pivot } = relation
  const links = pivot === undefined ? undefined : await linkCondition(em, pivot, tenants, collection.owner)
  return [rows, links].filter((condition) => condition !== undefined)
}
