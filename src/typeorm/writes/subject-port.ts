import type { EntityMetadata, ObjectLiteral, QueryRunner } from "typeorm"
import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js"
import type { RelationMetadata } from "typeorm/metadata/RelationMetadata.js"

/** One row that TypeORM's persistence is about to write. Read in the sources of 0.3.31 and 1.1.1. */
export interface SubjectPort {
  readonly metadata: EntityMetadata
  /** Undefined for rows that are written because of a relation to them, and for links. */
  readonly entity?: ObjectLiteral
  readonly databaseEntity?: ObjectLiteral
  readonly identifier?: ObjectLiteral
  readonly parentSubject?: SubjectPort
  readonly changeMaps: ChangePort[]
  readonly mustBeInserted: boolean
  readonly mustBeUpdated: unknown
  readonly mustBeRemoved: boolean
  readonly mustBeSoftRemoved: unknown
  readonly mustBeRecovered: unknown
}

/** One value that is written: a column's, or a relation's key. */
export interface ChangePort {
  readonly column?: ColumnMetadata
  readonly relation?: RelationMetadata
  /** A value, an entity, or the subject of an entity that may be inserted first. */
  readonly value?: unknown
}

/** Writes the subjects of one `save` or `remove`, or of one chunk of it. */
export interface SubjectExecutorPort {
  readonly queryRunner: QueryRunner
  readonly allSubjects: readonly SubjectPort[]
  validate: () => void
  execute: () => Promise<void>
  broadcastBeforeEventsForAll: () => { readonly count: number }
  executeInsertOperations: () => Promise<void>
  executeUpdateOperations: () => Promise<void>
  executeRemoveOperations: () => Promise<void>
  executeSoftRemoveOperations: () => Promise<void>
  executeRecoverOperations: () => Promise<void>
}

/** What TypeORM does with a subject; undefined where it does nothing. */
export function operationOf(subject: SubjectPort): "insert" | "update" | "delete" | undefined {
  if (subject.mustBeInserted) return "insert"
  if (subject.mustBeRemoved) return "delete"
  return subject.mustBeUpdated || subject.mustBeSoftRemoved || subject.mustBeRecovered ? "update" : undefined
}

export function isSubject(value: unknown): value is SubjectPort {
  return (value as { readonly "@instanceof"?: unknown } | null | undefined)?.["@instanceof"] === Symbol.for("Subject")
}
