import { DataSource, SelectQueryBuilder, TreeRepository } from "typeorm"
import { assertMethods, doesNotFit } from "./assert-fits.ts"
import type { Failsafe } from "./failsafe.ts"
import { guardQueryBuilder } from "./guarded-query-builder.ts"
import { guardAgainstOrphans, type SnapshotLoaderPort } from "./orphan-guard.ts"
import type { QueryPort } from "./query-port.ts"
import { confineCountedQueries, type CountingQueryPort } from "./relation-counts.ts"
import { guardRelationIds, type RelationIdLoaderPort } from "./relation-ids.ts"
import { guardRelationLoads, type RelationLoaderPort } from "./relation-loads.ts"
import { guardTrees, type TreeRepositoryPort } from "./trees.ts"

const hooked = new WeakSet<object>()

/** Methods of a DataSource that are overridden, a protected one included. */
export interface DataSourcePort {
  initialize: () => Promise<unknown>
  buildMetadatas: () => Promise<void>
}

/**
 * Hooks into TypeORM, once for the prototypes that all DataSources share and once for what this DataSource has of its own.
 *
 * @throws {TenantFailsafeError} `UNSUPPORTED_ORM`
 */
export async function installHooks(failsafe: Failsafe, own: DataSourcePort): Promise<void> {
  const { dataSource } = failsafe
  const { relationLoader } = dataSource
  if (!(dataSource instanceof DataSource)) {
    throw doesNotFit("the DataSource comes from another copy of TypeORM than the one that tenant-failsafe imports")
  }
  const query = SelectQueryBuilder.prototype as unknown as QueryPort & CountingQueryPort
  const trees = TreeRepository.prototype as unknown as TreeRepositoryPort
  const relationIds = await prototypeOf<RelationIdLoaderPort>(
    "RelationIdLoader",
    () => import("typeorm/query-builder/relation-id/RelationIdLoader.js"),
  )
  const snapshots = await prototypeOf<SnapshotLoaderPort>(
    "SubjectDatabaseEntityLoader",
    () => import("typeorm/persistence/SubjectDatabaseEntityLoader.js"),
  )
  assertMethods({
    SelectQueryBuilder: query,
    RelationLoader: relationLoader,
    RelationIdLoader: relationIds,
    SubjectDatabaseEntityLoader: snapshots,
    TreeRepository: trees,
    DataSource: own,
  })
  once(query, () => {
    guardQueryBuilder(query)
    confineCountedQueries(query)
  })
  once(trees, () => guardTrees(trees))
  once(relationIds!, () => guardRelationIds(relationIds!))
  once(snapshots!, () => guardAgainstOrphans(snapshots!))
  once(relationLoader, () => guardRelationLoads(failsafe, relationLoader as unknown as RelationLoaderPort))
}

/** The prototype of a class that TypeORM does not export; undefined where it is not where it used to be. */
async function prototypeOf<Prototype>(name: string, load: () => Promise<object>): Promise<Prototype | undefined> {
  try {
    const exported = (await load()) as Record<string, { prototype: Prototype } | undefined>
    return exported[name]?.prototype
  } catch {
    return undefined
  }
}

function once(holder: object, hook: () => void): void {
  if (hooked.has(holder)) return
  hooked.add(holder)
  hook()
}
