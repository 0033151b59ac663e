import type { Findings } from "./findings.ts"

/** How an ORM adapter tells which rows hang on others. */
export interface RemovalPort<Entity, Key, Relation> {
  /** The relations by which rows hang on rows of an entity. */
  relationsTo(entity: Entity): readonly Relation[]
  /** The place that a record names for rows that hang by this relation. */
  findingsOf(relation: Relation): Findings
  /** Counts the foreign rows that hang on these, and tells which rows are deleted along with them. */
  hanging(relation: Relation, keys: readonly Key[]): Promise<Hanging<Entity, Key>>
  /** The identity of a row. */
  textOf(key: Key): string
}

/** What hangs on rows by one relation. */
export interface Hanging<Entity, Key> {
  readonly foreign: number
  /** Rows of the scope's own that are deleted along, where others may hang on them in turn. */
  readonly along: readonly (readonly [entity: Entity, keys: readonly Key[]])[]
}

/** Counts the foreign rows that hang on rows which are about to be deleted, however many own rows lie between. */
export async function foreignHangingOn<Entity, Key, Relation>(
  port: RemovalPort<Entity, Key, Relation>,
  removed: Iterable<readonly [entity: Entity, keys: readonly Key[]]>,
): Promise<ReadonlyMap<Findings, number>> {
  const counts = new Map<Findings, number>()
  const seen = new Map<Entity, Set<string>>()
  const queue = [...removed]
  for (const [entity, keys] of queue) {
    const known = seen.get(entity) ?? new Set<string>()
    seen.set(entity, known)
    const added = keys.filter((key) => !known.has(port.textOf(key)))
    for (const key of added) known.add(port.textOf(key))
    if (added.length === 0) continue
    for (const relation of port.relationsTo(entity)) {
      const { foreign, along } = await port.hanging(relation, added)
      const findings = port.findingsOf(relation)
      if (foreign > 0) counts.set(findings, (counts.get(findings) ?? 0) + foreign)
      queue.push(...along)
    }
  }
  return counts
}
