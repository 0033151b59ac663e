import { helper, Utils, type EntityManager, type EntityMetadata } from "@mikro-orm/core"
import { rowSecurityOf } from "../core/row-security-watch.ts"
import { runUnscoped } from "../core/scope.ts"
import type { TenantOf } from "./tenant-of.ts"

/**
 * Which of these rows, looked up with their path, have no tenant only because row security hides the row that tells it. MikroORM 7.2 takes a
 * nullable reference to a row that it does not find for none, so that the reference itself is read once more, without its row.
 */
export async function brokenPaths(
  em: EntityManager,
  meta: EntityMetadata,
  tenant: TenantOf,
  rows: readonly object[],
  schema: string | undefined,
): Promise<ReadonlySet<object>> {
  if (tenant.link?.property.nullable !== true || rowSecurityOf(em.config) === undefined) return none
  const unlinked = rows.filter((row) => !isLinked(row, tenant))
  if (unlinked.length === 0) return none
  const key = Utils.getPrimaryKeyHash(meta.primaryKeys)
  const fork = em.fork({ keepTransactionContext: true })
  const where = { [key]: { $in: unlinked.map((row) => helper(row).getPrimaryKey()) } }
  const options = {
    fields: [...meta.primaryKeys, tenant.firstProperty],
    filters: false,
    ...(schema === undefined ? {} : { schema }),
  }
  const found: object[] = await runUnscoped(() => fork.find(meta.class, where as never, options as never))
  const linked = new Set(found.filter((row) => isLinked(row, tenant)).map(keyOf))
  return new Set(unlinked.filter((row) => linked.has(keyOf(row))))
}

const none: ReadonlySet<object> = new Set()

function keyOf(row: object): string {
  return helper(row).getSerializedPrimaryKey()
}

function isLinked(row: object, { firstProperty }: TenantOf): boolean {
  return (row as Record<string, unknown>)[firstProperty] != null
}
