import type { Relation } from "./graph.ts"

/** A row as the application holds it. */
export type Entity = Record<string, unknown> & { id?: number; text?: string; name?: string; profile?: Entity | null }

/** The children that an entity holds; undefined where the relation is not loaded. A lazy one keeps them beside its promise. */
export function childrenOf(owner: Entity, relation: Relation): Entity[] | undefined {
  const lazy = `__${relation}__`
  // Reading a lazy relation would load it.
  const isUnread = Object.getOwnPropertyDescriptor(owner, relation)?.get !== undefined
  const value = lazy in owner || isUnread ? owner[lazy] : owner[relation]
  if (value === null) return []
  return Array.isArray(value) ? (value as Entity[]) : undefined
}

export function setChildren(owner: Entity, relation: Relation, children: Entity[] | null): void {
  const lazy = `__${relation}__`
  owner[lazy in owner ? lazy : relation] = children
}

/** The entities that have the relation, below these customers. */
export function ownersOf(customers: readonly Entity[], relation: Relation): readonly Entity[] {
  if (relation !== "lines") return customers
  return customers.flatMap((customer) => childrenOf(customer, "purchases") ?? [])
}

/** Which children were hidden when an instance was loaded: a model of what the failsafe remembers. */
export class Hidden {
  readonly #ids = new WeakMap<Entity, Map<Relation, ReadonlySet<number>>>()

  set(owner: Entity, relation: Relation, ids: Iterable<number>): void {
    const byRelation = this.#ids.get(owner) ?? new Map<Relation, ReadonlySet<number>>()
    this.#ids.set(owner, byRelation.set(relation, new Set(ids)))
  }

  has(owner: Entity, relation: Relation, id: number): boolean {
    return this.#ids.get(owner)?.get(relation)?.has(id) ?? false
  }
}
