import type { EntityMetadata, ObjectLiteral } from "typeorm"
import { entityKey } from "./row-key.ts"

interface Loaded {
  /** The table: single table inheritance has several entities for one. */
  readonly table: string
  readonly key: unknown
  /** The scope, in which the row was judged to be own or shared. */
  readonly scope: string
}

/** Entities whose rows were own or shared as they were loaded: within that scope, their tenants need not be looked up again. */
export class LoadedRows {
  readonly #rows = new WeakMap<ObjectLiteral, Loaded>()

  note(entities: readonly ObjectLiteral[], metadata: EntityMetadata, scope: string): void {
    const { tablePath: table } = metadata
    for (const entity of entities) this.#rows.set(entity, { table, key: keyOf(metadata, entity), scope })
  }

  /** Whether an object is such an entity, and was not made to pass for another row since. */
  isOwn(entity: ObjectLiteral, metadata: EntityMetadata, scope: string): boolean {
    const row = this.#rows.get(entity)
    return row?.scope === scope && row.table === metadata.tablePath && row.key === keyOf(metadata, entity)
  }
}

/** Once per loaded entity: no text is made of a single column. */
function keyOf(metadata: EntityMetadata, entity: ObjectLiteral): unknown {
  const [first, ...others] = metadata.primaryColumns
  return first === undefined || others.length > 0 ? entityKey(metadata, entity) : first.getEntityValue(entity)
}
