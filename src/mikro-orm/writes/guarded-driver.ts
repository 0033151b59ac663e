import { helper, type EntityMetadata, type MetadataStorage } from "@mikro-orm/core"
import { currentContext } from "../../core/scope.ts"
import { stampOf } from "../../core/stamp.ts"
import { tenantsOf } from "../../core/scope-tenants.ts"
import type { CollectionPort } from "../collection-port.ts"
import { EntityLoad } from "../entity-load.ts"
import type { Failsafe } from "../failsafe.ts"
import type { RowValues } from "../tenant-column.ts"
import { confined } from "./bulk.ts"
import { checkUpsert, conflictKeys } from "./upserts.ts"
import { beginWriting } from "./writing.ts"

/** The options of MikroORM 7.2's driver methods that the guard reads. */
interface DriverOptions {
  readonly upsert?: boolean
  readonly convertCustomTypes?: boolean
  readonly schema?: string
  readonly onConflictFields?: unknown
  readonly onConflictAction?: "ignore" | "merge"
  readonly onConflictMergeFields?: readonly string[]
  onConflictExcludeFields?: readonly string[]
}

type Rows = Record<string, unknown>[]

/** The methods of MikroORM 7.2's SQL drivers by which its own EntityManager and unit of work write. */
export interface DriverPort {
  nativeInsertMany(entity: unknown, rows: Rows, options?: DriverOptions, ...rest: readonly unknown[]): Promise<unknown>
  nativeUpdate(entity: unknown, where: unknown, row: Rows[number], options?: DriverOptions): Promise<unknown>
  nativeUpdateMany(
    entity: unknown,
    where: readonly unknown[],
    rows: Rows,
    options?: DriverOptions,
    ...rest: readonly unknown[]
  ): Promise<unknown>
  nativeDelete(entity: unknown, where: unknown, options?: DriverOptions): Promise<unknown>
  syncCollections(collections: Iterable<object>, options?: object): Promise<unknown>
}

/**
 * Guards what only the driver sees in full: upserts, after their hooks ran, and the links of many-to-many relations, which MikroORM writes
 * as rows of their pivot entity.
 */
export function guardDriver(failsafe: Failsafe, driver: object, metadata: MetadataStorage): void {
  const port = driver as DriverPort
  const insertMany = port.nativeInsertMany.bind(port)
  const update = port.nativeUpdate.bind(port)
  const updateMany = port.nativeUpdateMany.bind(port)
  const remove = port.nativeDelete.bind(port)
  const sync = port.syncCollections.bind(port)
  // Derived entities with tables of their own are upserted table by table, with the same options.
  const judged = new WeakSet<object>()
  const metaFor = (entity: unknown): EntityMetadata => metadata.get(entity as never)

  port.nativeInsertMany = (entity, rows, options, ...rest) => {
    stampLinks(failsafe, metaFor(entity), rows)
    return insertMany(entity, rows, options, ...rest)
  }
  port.nativeUpdate = async (entity, where, row, options) => {
    if (options?.upsert === true) await judge(entity, [where], [row], options, options.convertCustomTypes === false)
    return update(entity, where, row, options)
  }
  port.nativeUpdateMany = async (entity, where, rows, options, ...rest) => {
    if (options?.upsert === true && !judged.has(options))
      await judge(entity, where, rows, options, options.convertCustomTypes === false)
    return updateMany(entity, where, rows, options, ...rest)
  }
  port.nativeDelete = (entity, where, options) =>
    remove(entity, confineLinks(failsafe, metaFor(entity), where), options)
  port.syncCollections = async (collections, options) => {
    const changed = [...collections] as CollectionPort[]
    const em = changed[0] === undefined ? undefined : helper(changed[0].owner).__em
    const flush = em === undefined ? undefined : failsafe.flushOf(em)
    await flush?.recheckCollections(changed)
    return sync(collections, options)
  }

  async function judge(
    entity: unknown,
    where: readonly unknown[],
    rows: Rows,
    options: DriverOptions,
    isSent: boolean,
  ): Promise<void> {
    judged.add(options)
    const meta = metaFor(entity)
    if (meta.pivotTable) {
      stampLinks(failsafe, meta, rows)
      return
    }
    const load = EntityLoad.current(currentContext(), failsafe)
    if (load?.em === undefined) return
    const writing = beginWriting(load, load.em, [failsafe.entityGuard(meta)])
    if (writing === undefined) return
    const keys = conflictKeys(meta, where[0], options.onConflictFields)
    await checkUpsert(writing, {
      meta,
      rows: rows.map((values): RowValues => ({ values, isSent })),
      keys,
      isMerged: (property) => isMerged(options, keys, property),
      keepTenant(property) {
        if (options.onConflictMergeFields !== undefined) return
        options.onConflictExcludeFields = [...(options.onConflictExcludeFields ?? []), property]
      },
      schema: options.schema,
    })
    writing.close()
  }
}

function isMerged(options: DriverOptions, keys: readonly string[] | undefined, property: string): boolean {
  const { onConflictAction, onConflictMergeFields, onConflictExcludeFields = [] } = options
  if (onConflictAction === "ignore") return false
  const [first = property] = property.split(".")
  const names = [property, first, `${first}.*`, "*"]
  if (onConflictMergeFields !== undefined) return onConflictMergeFields.some((name) => names.includes(name))
  return !names.some((name) => onConflictExcludeFields.includes(name)) && keys?.includes(property) !== true
}

/** The links of a tenant-owned pivot entity belong to the scope in which they are made. */
function stampLinks(failsafe: Failsafe, meta: EntityMetadata, rows: Rows): void {
  const tenant = meta.pivotTable ? failsafe.tenantOf(meta) : null
  const scope = currentContext()?.scope
  if (tenant?.column === undefined || scope === undefined || failsafe.policy.writes === "allow") return
  const stamp = stampOf(scope, tenant.column.type)
  if (stamp === undefined) return
  for (const values of rows) {
    const row = { values, isSent: true }
    if ((tenant.column.of(row) ?? null) === null) tenant.column.put(row, stamp)
  }
}

/** Only own links, and shared ones, are removed: another tenant may have made the same link. */
function confineLinks(failsafe: Failsafe, meta: EntityMetadata, where: unknown): unknown {
  const tenant = meta.pivotTable ? failsafe.tenantOf(meta) : null
  const tenants = tenantsOf(currentContext()?.scope)
  if (tenant === null || tenants === undefined || failsafe.policy.writes !== "throw") return where
  return confined(meta, where, tenant.condition(tenants))
}
