import type { TenantFailsafeError } from "../core/errors.ts"
import { unsupportedOrm } from "../core/refusals.ts"

const ofStatements =
  "execute getQueryAndParameters getParameters getMainTableName getTableName createCteExpression createWhereExpression " +
  "replacePropertyNamesForTheWholeQuery escape"

type ClassName =
  | "SelectQueryBuilder"
  | "InsertQueryBuilder"
  | "UpdateQueryBuilder"
  | "DeleteQueryBuilder"
  | "SoftDeleteQueryBuilder"
  | "RelationUpdater"
  | "RelationRemover"
  | "EntityManager"
  | "Broadcaster"
  | "RelationLoader"
  | "RelationIdLoader"
  | "SubjectDatabaseEntityLoader"
  | "EntityPersistExecutor"
  | "SubjectExecutor"
  | "TreeRepository"
  | "DataSource"

/** The methods that are overridden or called, by the class that must have them. Read in the sources of TypeORM 0.3.31 and 1.1.1. */
const needed: Readonly<Record<ClassName, string>> = {
  SelectQueryBuilder:
    "executeEntitiesAndRawResults loadRawResults buildEscapedEntityColumnSelects clone getRawMany whereInIds leftJoin escape",
  InsertQueryBuilder: ofStatements,
  UpdateQueryBuilder: ofStatements,
  DeleteQueryBuilder: ofStatements,
  SoftDeleteQueryBuilder: ofStatements,
  RelationUpdater: "update",
  RelationRemover: "remove",
  EntityManager: "clear",
  Broadcaster:
    "broadcastBeforeInsertEvent broadcastBeforeUpdateEvent broadcast broadcastLoadEvent broadcastBeforeQueryEvent broadcastAfterQueryEvent",
  RelationLoader: "load enableLazyLoad",
  RelationIdLoader: "load",
  SubjectDatabaseEntityLoader: "load",
  EntityPersistExecutor: "execute",
  SubjectExecutor:
    "validate execute broadcastBeforeEventsForAll executeInsertOperations executeUpdateOperations executeRemoveOperations " +
    "executeSoftRemoveOperations executeRecoverOperations",
  TreeRepository: "findTrees findDescendantsTree",
  DataSource: "initialize buildMetadatas",
}

/** The classes of a TypeORM, as far as the failsafe hooks into them: an instance or a prototype of each. */
export type Hooked = Readonly<Record<ClassName, object | undefined>>

/**
 * Refuses to start on a TypeORM that lacks one of the methods: unguarded in silence is worse than not at all.
 *
 * @throws {TenantFailsafeError} `UNSUPPORTED_ORM`
 */
export function assertMethods(hooked: Hooked): void {
  for (const [name, methods] of Object.entries(needed)) {
    const holder = hooked[name as ClassName] as Record<string, unknown> | undefined
    const missing = methods.split(" ").find((method) => typeof holder?.[method] !== "function")
    if (missing !== undefined) throw doesNotFit(`${name}.${missing}() is missing`)
  }
}

/** An `UNSUPPORTED_ORM` error. */
export function doesNotFit(finding: string): TenantFailsafeError {
  return unsupportedOrm("typeorm", `tenant-failsafe does not fit this TypeORM: ${finding}`, "0.3.31 and 1.1", {
    finding,
  })
}
