import { helper, Utils, type EntityManager, type EntityMetadata } from "@mikro-orm/core"
import { runUnscoped } from "../core/scope.ts"
import { chunked } from "../core/chunked.ts"
import { brokenPaths } from "./broken-paths.ts"
import type { Failsafe } from "./failsafe.ts"
import { metaOf } from "./meta-of.ts"
import { rememberStored } from "./stored-tenant.ts"
import type { TenantOf } from "./tenant-of.ts"

const lookedUp = new WeakMap<object, unknown>()

/** An entity's tenant: as loaded, else as looked up earlier; `undefined` while neither is known. */
export function tenantValue(entity: object, tenant: TenantOf): unknown {
  const value = tenant.read(entity)
  return value === undefined ? lookedUp.get(entity) : value
}

/** Asks the database for the tenants of these rows: one query per entity type, in the transaction that loaded them. */
export async function lookUpTenants(em: EntityManager, failsafe: Failsafe, entities: readonly object[]): Promise<void> {
  const byEntity = Map.groupBy(new Set(entities), metaOf)
  for (const [meta, rows] of byEntity) await lookUp(em, meta, failsafe.tenantOf(meta)!, rows)
}

async function lookUp(
  em: EntityManager,
  meta: EntityMetadata,
  tenant: TenantOf,
  entities: readonly object[],
): Promise<void> {
  if (meta.virtual) return
  // A fork, so that neither the rows nor their partial state reach the application's identity map.
  const fork = em.fork({ keepTransactionContext: true })
  const key = Utils.getPrimaryKeyHash(meta.primaryKeys)
  const schema = helper(entities[0]!).__schema
  const options = {
    fields: [...meta.primaryKeys, tenant.path],
    populate: [...tenant.through],
    filters: false,
    strategy: "joined",
    ...(schema === undefined ? {} : { schema }),
  }
  for (const some of chunked(entities)) {
    for (const entity of some) lookedUp.delete(entity)
    const where = { [key]: { $in: some.map((entity) => helper(entity).getPrimaryKey()) } }
    const rows: object[] = await runUnscoped(() => fork.find(meta.class, where as never, options as never))
    const broken = await brokenPaths(em, meta, tenant, rows, schema)
    const told = rows.filter((row) => !broken.has(row))
    const values = new Map(told.map((row) => [helper(row).getSerializedPrimaryKey(), tenant.read(row)]))
    for (const entity of some) {
      const value = values.get(helper(entity).getSerializedPrimaryKey())
      if (value === undefined) continue
      lookedUp.set(entity, value)
      rememberStored(entity, value)
    }
  }
}
