import type { DataSource, EntityMetadata, ObjectLiteral, QueryRunner } from "typeorm"
import type { RelationMetadata } from "typeorm/metadata/RelationMetadata.js"
import type { WriteTarget } from "../../../core/write-check.ts"
import { Failsafe } from "../../failsafe.ts"
import { runPersisting } from "../../load.ts"
import { checkLink } from "../check-links.ts"
import type { NewTarget } from "../changes.ts"
import type { LinkGuard } from "../link-guards.ts"
import { rowsOf, type Place } from "../stored-tenants.ts"
import { judgedWrite } from "../judged-write.ts"
import type { Writing } from "../writing.ts"

/** What is used of RelationUpdater and RelationRemover, which `relation().of()` works by. Read in the sources of 0.3.31 and 1.1.1. */
interface RelationPort {
  readonly queryBuilder: {
    readonly dataSource?: DataSource
    readonly connection?: DataSource
    readonly queryRunner?: QueryRunner
  }
  readonly expressionMap: { readonly relationMetadata: RelationMetadata; readonly of: unknown }
}

export interface RelationUpdaterPort extends RelationPort {
  update: (value: unknown) => Promise<void>
}

export interface RelationRemoverPort extends RelationPort {
  remove: (value: unknown) => Promise<void>
}

/**
 * `relation().of()` names the rows that it links by their keys: foreign ones are refused, where a statement for many would leave them out.
 * Where the links lead to is judged with the statement that it sends.
 */
export function guardRelationUpdates(prototype: RelationUpdaterPort): void {
  const { update } = prototype
  prototype.update = function (this: RelationUpdaterPort, value) {
    const { relationMetadata: relation, of } = this.expressionMap
    const send = (): Promise<void> => update.call(this, value)
    if (relation.isManyToMany) return send()
    const isToOne = relation.isManyToOne || relation.isOneToOneOwner
    const written = isToOne
      ? ofRows(this, relation.entityMetadata, of)
      : ofRows(this, relation.inverseEntityMetadata, value)
    return judged(this, written, "link", send)
  }
}

export function guardRelationRemovals(prototype: RelationRemoverPort): void {
  const { remove } = prototype
  prototype.remove = function (this: RelationRemoverPort, value) {
    const { relationMetadata: relation, of } = this.expressionMap
    const written = relation.isManyToMany
      ? endsOf(this, relation, of, value)
      : ofRows(this, relation.inverseEntityMetadata, value)
    return judged(this, written, "unlink", () => remove.call(this, value))
  }
}

/** Rows that are named by their keys, and how they are judged. */
interface Named {
  readonly guard: Pick<LinkGuard, "place"> & WriteTarget
  readonly rows: readonly unknown[]
}

/** The rows whose key is set or taken. */
function ofRows({ queryBuilder, expressionMap }: RelationPort, metadata: EntityMetadata, rows: unknown): Named[] {
  const failsafe = Failsafe.of(queryBuilder)
  const entity = failsafe?.entityGuard(metadata)
  if (failsafe === undefined || !entity || failsafe.isLeftAlone(expressionMap.relationMetadata)) return []
  const { findings } = failsafe.relationGuard(expressionMap.relationMetadata) ?? entity
  return [{ guard: { place: rowsOf(metadata, entity.tenant), findings }, rows: listed(rows) }]
}

/** The ends of the links in a junction table. */
function endsOf({ queryBuilder }: RelationPort, relation: RelationMetadata, of: unknown, value: unknown): Named[] {
  const junction = relation.junctionEntityMetadata!
  const [owners, inverses] = relation.isManyToManyOwner ? [of, value] : [value, of]
  const ends = Failsafe.of(queryBuilder)?.model.ends(junction) ?? []
  return ends.map((guard) => ({ guard, rows: listed(guard.columns === junction.ownerColumns ? owners : inverses) }))
}

function judged(
  { queryBuilder }: RelationPort,
  written: readonly Named[],
  operation: "link" | "unlink",
  send: () => Promise<void>,
): Promise<void> {
  const failsafe = Failsafe.of(queryBuilder)
  if (failsafe === undefined || written.length === 0) return send()
  const judge = async (writing: Writing): Promise<void> => {
    for (const { guard, rows } of written) {
      for (const row of rows) checkLink(writing, guard, rowNamed(guard.place, row), operation)
    }
    await writing.settle()
    writing.close()
  }
  const targets = written.map(({ guard }) => guard)
  return judgedWrite({ failsafe, targets, queryRunner: queryBuilder.queryRunner }, judge, () =>
    runPersisting(failsafe, { kind: "judged rows" }, send),
  )
}

/** A row as `relation().of()` takes it: an object with its key, or the key alone. */
function rowNamed({ columns }: Place, row: unknown): NewTarget {
  if (row === null || row === undefined) return { kind: "none" }
  const isObject = typeof row === "object" && !(row instanceof Date) && !(row instanceof Uint8Array)
  if (!isObject)
    return columns.length === 1 ? { kind: "row", id: columns[0]!.createValueMap(row), object: undefined } : unknown
  const id: ObjectLiteral = {}
  for (const column of columns) {
    const value: unknown = column.getEntityValue(row)
    if (value === null || value === undefined) return unknown
    column.setEntityValue(id, value)
  }
  return { kind: "row", id, object: row }
}

const unknown = { kind: "unknown" } as const

function listed(rows: unknown): readonly unknown[] {
  return Array.isArray(rows) ? (rows as unknown[]) : [rows]
}
