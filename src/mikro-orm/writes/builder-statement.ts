import { isRaw, QueryFlag, type EntityMetadata } from "@mikro-orm/core"
import type { RowValues } from "../tenant-column.ts"

type Values = Record<string, unknown>

/** What a query builder of MikroORM 7.2 is about to send; internal, but the only place that tells. */
export interface BuilderState {
  readonly type?: string
  readonly flags: ReadonlySet<string>
  readonly finalized: boolean
  readonly data?: Values | Values[]
  readonly schema?: string
  readonly insertSubQuery?: object
  readonly onConflict?: readonly Conflict[]
}

interface Conflict {
  readonly fields: unknown
  readonly ignore?: boolean
  merge?: readonly unknown[] | Values
}

/** The methods of a query builder by which statements are confined and sent. */
export interface WriterPort {
  readonly state: BuilderState
  readonly mainAlias: { readonly meta?: EntityMetadata }
  andWhere(condition: object): unknown
  finalize(): void
  select(fields: readonly string[], distinct?: boolean): WriterPort
  execute(method?: string, options?: unknown): Promise<unknown>
  getCount(): Promise<number>
  clone(...args: readonly unknown[]): WriterPort
}

/** What a statement does to rows. */
export type StatementKind = "insert" | "update" | "delete" | "truncate"

/** What a query builder would do to rows; undefined where it reads. Until it is built, a statement with joins is a query with a flag. */
export function kindOf({ type, flags }: BuilderState): StatementKind | undefined {
  if (type === "UPDATE" || flags.has(QueryFlag.UPDATE_SUB_QUERY)) return "update"
  if (type === "DELETE" || flags.has(QueryFlag.DELETE_SUB_QUERY)) return "delete"
  if (type === "INSERT" || type === "UPSERT") return "insert"
  return type === "TRUNCATE" ? "truncate" : undefined
}

/** The rows that a statement sends, by column. */
export function rowsOf({ data }: BuilderState): RowValues[] {
  const rows = data === undefined ? [] : Array.isArray(data) ? data : [data]
  return rows.map((values) => ({ values, isSent: true, isByColumn: true }))
}

/** Conflicts are told by columns; undefined where they cannot be told. */
export function propertiesOf(meta: EntityMetadata, fields: unknown): readonly string[] | undefined {
  if (isRaw(fields) || !Array.isArray(fields)) return undefined
  const names = fields.map((field) => propertyAt(meta, String(field)))
  return names.every((name) => name !== undefined) ? names : undefined
}

/** The property that a column belongs to. */
export function propertyAt(meta: EntityMetadata, column: string): string | undefined {
  return meta.props.find(({ name, fieldNames }) => name === column || fieldNames?.includes(column))?.name
}

/** The columns or properties that an upsert overwrites. */
export function namesOf(merged: readonly unknown[] | Values): readonly string[] {
  return Array.isArray(merged) ? (merged as unknown[]).map(String) : Object.keys(merged)
}
