import {
  DataSource,
  DeleteQueryBuilder,
  EntityManager,
  InsertQueryBuilder,
  SelectQueryBuilder,
  TreeRepository,
  UpdateQueryBuilder,
} from "typeorm"
import { assertMethods, doesNotFit } from "./assert-fits.ts"
import type { Failsafe } from "./failsafe.ts"
import { guardQueryBuilder } from "./guarded-query-builder.ts"
import { guardAgainstOrphans, type SnapshotLoaderPort } from "./orphan-guard.ts"
import type { QueryPort } from "./query-port.ts"
import { confineCountedQueries, type CountingQueryPort } from "./relation-counts.ts"
import { guardRelationIds, type RelationIdLoaderPort } from "./relation-ids.ts"
import { guardRelationLoads, type RelationLoaderPort } from "./relation-loads.ts"
import { guardTrees, type TreeRepositoryPort } from "./trees.ts"
import { guardListeners, type ListenersPort } from "./writes/guard-listeners.ts"
import { guardSaves, guardSubjects, type PersistExecutorPort } from "./writes/guard-saves.ts"
import { guardBroadcasts, guardStatements } from "./writes/statements/guard-statements.ts"
import {
  guardRelationRemovals,
  guardRelationUpdates,
  type RelationRemoverPort,
  type RelationUpdaterPort,
} from "./writes/statements/relation-writes.ts"
import { guardClearing, type ClearingPort } from "./writes/statements/truncation.ts"
import type { BroadcasterPort, StatementPort } from "./writes/statements/statement-port.ts"
import type { SubjectExecutorPort } from "./writes/subject-port.ts"

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
  const saves = await prototypeOf<PersistExecutorPort>(
    "EntityPersistExecutor",
    () => import("typeorm/persistence/EntityPersistExecutor.js"),
  )
  const subjects = await prototypeOf<SubjectExecutorPort>(
    "SubjectExecutor",
    () => import("typeorm/persistence/SubjectExecutor.js"),
  )
  const softDelete = await prototypeOf<StatementPort>(
    "SoftDeleteQueryBuilder",
    () => import("typeorm/query-builder/SoftDeleteQueryBuilder.js"),
  )
  const relationUpdates = await prototypeOf<RelationUpdaterPort>(
    "RelationUpdater",
    () => import("typeorm/query-builder/RelationUpdater.js"),
  )
  const relationRemovals = await prototypeOf<RelationRemoverPort>(
    "RelationRemover",
    () => import("typeorm/query-builder/RelationRemover.js"),
  )
  const broadcaster = await prototypeOf<BroadcasterPort & ListenersPort>(
    "Broadcaster",
    () => import("typeorm/subscriber/Broadcaster.js"),
  )
  const managers = EntityManager.prototype as unknown as ClearingPort
  const insert = InsertQueryBuilder.prototype as unknown as StatementPort
  const update = UpdateQueryBuilder.prototype as unknown as StatementPort
  const remove = DeleteQueryBuilder.prototype as unknown as StatementPort
  assertMethods({
    SelectQueryBuilder: query,
    InsertQueryBuilder: insert,
    UpdateQueryBuilder: update,
    DeleteQueryBuilder: remove,
    SoftDeleteQueryBuilder: softDelete,
    Broadcaster: broadcaster,
    RelationUpdater: relationUpdates,
    RelationRemover: relationRemovals,
    EntityManager: managers,
    RelationLoader: relationLoader,
    RelationIdLoader: relationIds,
    SubjectDatabaseEntityLoader: snapshots,
    EntityPersistExecutor: saves,
    SubjectExecutor: subjects,
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
  once(saves!, () => guardSaves(saves!))
  once(subjects!, () => guardSubjects(subjects!))
  once(insert, () => guardStatements({ insert, update, delete: remove, softDelete: softDelete! }))
  once(broadcaster!, () => {
    guardBroadcasts(broadcaster!)
    guardListeners(broadcaster!)
  })
  once(relationUpdates!, () => guardRelationUpdates(relationUpdates!))
  once(relationRemovals!, () => guardRelationRemovals(relationRemovals!))
  once(managers, () => guardClearing(managers))
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
