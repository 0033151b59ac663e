import type { ObjectLiteral } from "typeorm"
import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js"
import type { RelationMetadata } from "typeorm/metadata/RelationMetadata.js"
import { targetOf } from "./link-guards.ts"
import { isSubject, type ChangePort, type SubjectPort } from "./subject-port.ts"

/** What a subject would write into one column, in the order in which TypeORM merges it; empty where it leaves the column alone. */
export function valuesFor(subject: SubjectPort, column: ColumnMetadata): readonly unknown[] {
  const values: unknown[] = []
  for (const change of subject.changeMaps) {
    if (change.column === column) values.push(change.value)
    const key = change.relation && keyIn(change.relation, column)
    if (key !== undefined) values.push(valueIn(change.value, key))
  }
  return values
}

/** The column of a relation's key that is stored where another one is: TypeORM has two for the same where several relations share it. */
export function keyIn({ joinColumns }: RelationMetadata, { databaseName }: ColumnMetadata): ColumnMetadata | undefined {
  return joinColumns.find((key) => key.databaseName === databaseName)
}

/** What a subject would make a relation point at. */
export type NewTarget =
  | { readonly kind: "none" }
  /** A row by the columns that the relation refers to, and the very object where there is one. */
  | { readonly kind: "row"; readonly id: ObjectLiteral; readonly object: ObjectLiteral | undefined }
  /** A row that is inserted together with this one, and judged itself. */
  | { readonly kind: "new" }
  /** An object without its key: TypeORM links nothing to it, unless it has a key by the time that this row is sent. */
  | { readonly kind: "keyless" }
  /** SQL. */
  | { readonly kind: "unknown" }

/** Where the changes of a subject make a relation point: each of them, where several set it. */
export function targetsFor(subject: SubjectPort, relation: RelationMetadata): readonly NewTarget[] {
  const { joinColumns } = relation
  const targets: NewTarget[] = []
  let keys: ChangePort[] | undefined
  for (const change of subject.changeMaps) {
    if (change.relation === relation) targets.push(targetIn(change.value, joinColumns))
    else if (change.column !== undefined && keyIn(relation, change.column) !== undefined) (keys ??= []).push(change)
  }
  if (keys !== undefined) targets.push(keyTarget(subject, joinColumns, keys))
  return targets
}

/** What a value that a relation's property holds refers to. */
export function targetIn(value: unknown, columns: readonly ColumnMetadata[]): NewTarget {
  if (value === null || value === undefined) return { kind: "none" }
  if (typeof value === "function") return { kind: "unknown" }
  const object = isSubject(value) ? (value.entity ?? value.identifier) : isEntity(value) ? value : undefined
  const id = targetOf(columns, (column) =>
    object === undefined ? value : column.referencedColumn!.getEntityValue(object),
  )
  if (isSubject(value) && value.mustBeInserted) return { kind: "new" }
  return id === undefined ? { kind: "keyless" } : { kind: "row", id, object }
}

function keyTarget(subject: SubjectPort, columns: readonly ColumnMetadata[], keys: readonly ChangePort[]): NewTarget {
  const values = columns.map((column) => {
    const change = keys.find((key) => key.column?.databaseName === column.databaseName)
    return change === undefined ? column.getEntityValue(subject.databaseEntity ?? subject.entity ?? {}) : change.value
  })
  if (values.some((value) => typeof value === "function")) return { kind: "unknown" }
  const id = targetOf(columns, (column) => values[columns.indexOf(column)])
  return id === undefined ? { kind: "none" } : { kind: "row", id, object: undefined }
}

function valueIn(value: unknown, { referencedColumn }: ColumnMetadata): unknown {
  if (isSubject(value)) return referencedColumn!.getEntityValue(value.entity ?? value.identifier ?? {})
  return isEntity(value) ? referencedColumn!.getEntityValue(value) : value
}

function isEntity(value: unknown): value is ObjectLiteral {
  return typeof value === "object" && value !== null && !(value instanceof Uint8Array) && !(value instanceof Date)
}
