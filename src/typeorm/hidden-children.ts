import type { RelationMetadata } from "typeorm/metadata/RelationMetadata.js"
import { remembered } from "../core/remembered.ts"

/** Which stored children an entity does not show because they were dropped when it was loaded. */
export class HiddenChildren {
  // By path: an entity and those derived from it have RelationMetadata of their own for one relation.
  readonly #byOwner = new WeakMap<object, Map<string, Set<string>>>()

  /** Notes the keys of children that were dropped from a relation of this very instance. */
  add(owner: object, relation: RelationMetadata, keys: Iterable<string>): void {
    const relations = remembered(this.#byOwner, owner, () => new Map<string, Set<string>>())
    const hidden = remembered(relations, relation.propertyPath, () => new Set<string>())
    for (const key of keys) hidden.add(key)
  }

  /** The child is shown after all. */
  forget(owner: object, relation: RelationMetadata, key: string): void {
    this.#byOwner.get(owner)?.get(relation.propertyPath)?.delete(key)
  }

  of(owner: object, relation: RelationMetadata): ReadonlySet<string> | undefined {
    return this.#byOwner.get(owner)?.get(relation.propertyPath)
  }
}
