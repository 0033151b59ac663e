import { helper, Utils, type EntityManager, type EntityMetadata, type EntityProperty } from "@mikro-orm/core"
import { foreignChildren, unknownChildren } from "../core/decisions.ts"
import { runUnscoped } from "../core/scope.ts"
import type { TenantId } from "../core/tenant-id.ts"
import type { EntityLoad } from "./entity-load.ts"
import type { RelationGuard } from "./guards.ts"
import { chunked } from "../core/chunked.ts"
import type { Screened } from "./screening.ts"
import type { TenantOf } from "./tenant-of.ts"

/** A pivot entity that is tenant-owned: not only the rows of an m:n relation have a tenant, but each link to them. */
export interface TenantPivot {
  readonly meta: EntityMetadata
  readonly tenant: TenantOf
  /** The pivot's relation to the collection's owner, and the one to its items. */
  readonly owner: EntityProperty
  readonly item: EntityProperty
}

/** Items that stand in a collection because a link says so; whose link it is remains to be asked. */
export interface Linked {
  readonly relation: RelationGuard
  readonly collection: Screened
  readonly items: readonly object[]
}

/** The pivot's relation to the owner comes first, as MikroORM 7.2 reads pivot metadata itself. */
export function tenantPivot(meta: EntityMetadata, tenant: TenantOf, property: EntityProperty): TenantPivot {
  const [first, second] = meta.relations
  return property.owner
    ? { meta, tenant, owner: first!, item: second! }
    : { meta, tenant, owner: second!, item: first! }
}

/** Takes out what is linked by foreign links only: one query per relation and load. */
export async function checkLinks(
  load: EntityLoad,
  em: EntityManager,
  tenants: readonly TenantId[],
  linked: readonly Linked[],
): Promise<void> {
  for (const [relation, group] of Map.groupBy(linked, (entry) => entry.relation)) {
    const owners = group.map(({ collection }) => collection.owner)
    const own = await ownLinks(em, relation.pivot!, tenants, owners)
    for (const { collection, items } of group) {
      const allowed = own.get(keyOf(collection.owner))
      const foreign = new Set(items.filter((item) => allowed?.has(keyOf(item)) !== true))
      if (foreign.size > 0) dropLinks(load, relation, collection, items.length, foreign)
    }
  }
}

/** Where no query can be made, whose the links are stays unknown. */
export function leaveUnchecked(load: EntityLoad, { relation, collection, items }: Linked): void {
  const { finding, isKept, refusal } = unknownChildren(load.failsafe.policy, relation.linkFindings!)
  if (!isKept) collection.evict(new Set(items))
  load.log.noteRows(finding, collection.owner, items, items.length, !isKept, "link look-up")
  load.refuse(refusal)
}

/** The items that an owner reaches through links of these tenants and shared ones: a condition on the items' keys. */
export async function linkCondition(
  em: EntityManager,
  pivot: TenantPivot,
  tenants: readonly TenantId[],
  owner: object,
): Promise<{ readonly [key: string]: unknown }> {
  const own = await ownLinks(em, pivot, tenants, [owner])
  const items = [...(own.get(keyOf(owner))?.values() ?? [])]
  const key = Utils.getPrimaryKeyHash(pivot.item.targetMeta!.primaryKeys)
  return { [key]: { $in: items.map((item) => helper(item).getPrimaryKey()) } }
}

function dropLinks(
  load: EntityLoad,
  relation: RelationGuard,
  collection: Screened,
  loaded: number,
  foreign: ReadonlySet<object>,
): void {
  const { finding, isKept, refusal } = foreignChildren(load.failsafe.policy, relation.linkFindings!)
  if (!isKept) collection.evict(foreign)
  load.log.noteRows(finding, collection.owner, [...foreign], loaded, !isKept, "link look-up")
  load.refuse(refusal)
}

/** Items by owner, each by its key. */
async function ownLinks(
  em: EntityManager,
  pivot: TenantPivot,
  tenants: readonly TenantId[],
  owners: readonly object[],
): Promise<Map<string, Map<string, object>>> {
  const links = new Map<string, Map<string, object>>()
  const fork = em.fork({ keepTransactionContext: true })
  for (const some of chunked([...new Set(owners)])) {
    const keys = some.map((owner) => helper(owner).getPrimaryKey())
    const where = { $and: [{ [pivot.owner.name]: { $in: keys } }, pivot.tenant.condition(tenants)] }
    const options = { filters: false }
    const rows = await runUnscoped(() => fork.find(pivot.meta.class, where as never, options as never))
    for (const row of rows as Record<string, object>[]) {
      const owner = keyOf(row[pivot.owner.name]!)
      const items = links.get(owner) ?? new Map<string, object>()
      links.set(owner, items.set(keyOf(row[pivot.item.name]!), row[pivot.item.name]!))
    }
  }
  return links
}

function keyOf(entity: object): string {
  return helper(entity).getSerializedPrimaryKey()
}
