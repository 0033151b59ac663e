import type { EntityMetadata } from "typeorm"
import { remembered } from "../../core/remembered.ts"
import type { Failsafe } from "../failsafe.ts"
import { hangingsOn, type Hanging } from "./hangings.ts"
import { junctionGuards, toOneGuards, type LinkGuard, type ToOneGuard } from "./link-guards.ts"

/** What the write guard knows of the entities of one DataSource; found when it is first asked for. */
export class WriteModel {
  readonly #failsafe: Failsafe
  readonly #toOne = new WeakMap<EntityMetadata, readonly ToOneGuard[]>()
  readonly #ends = new WeakMap<EntityMetadata, readonly LinkGuard[]>()
  readonly #lookedUp = new WeakMap<EntityMetadata, boolean>()
  readonly #hangings = new WeakMap<EntityMetadata, readonly Hanging[]>()

  constructor(failsafe: Failsafe) {
    this.#failsafe = failsafe
  }

  /** The guarded to-one relations of an entity. */
  toOne(metadata: EntityMetadata): readonly ToOneGuard[] {
    return remembered(this.#toOne, metadata, () => toOneGuards(this.#failsafe, metadata))
  }

  /** The tenant-owned ends of the links in a junction table. */
  ends(junction: EntityMetadata): readonly LinkGuard[] {
    return remembered(this.#ends, junction, () => junctionGuards(this.#failsafe, junction))
  }

  /** The relations by which tenant-owned rows may hang on rows of an entity. */
  hangings(metadata: EntityMetadata): readonly Hanging[] {
    return remembered(this.#hangings, metadata, () => hangingsOn(this.#failsafe, metadata))
  }

  /** Whether rows of an entity that is nobody's may lead to tenant-owned ones. */
  isConcerned(metadata: EntityMetadata): boolean {
    if (metadata.isJunction) return this.ends(metadata).length > 0
    return (
      this.hangings(metadata).length > 0 ||
      [metadata, ...metadata.childEntityMetadatas].some((kind) => this.toOne(kind).length > 0)
    )
  }

  /** Whether a tenant of an entity's rows would have to be looked up for a write: of rows that others lead to, or that have it elsewhere. */
  isLookedUp(metadata: EntityMetadata): boolean {
    return remembered(this.#lookedUp, metadata, () => {
      const tenant = this.#failsafe.tenantOf(metadata)
      if (tenant === null) return false
      return tenant.column === undefined || isLinkedTo(this.#failsafe, metadata)
    })
  }
}

function isLinkedTo({ dataSource }: Failsafe, { tablePath }: EntityMetadata): boolean {
  return dataSource.entityMetadatas.some(({ relations }) =>
    relations.some(
      ({ entityMetadata, inverseEntityMetadata, isOwning, isManyToMany }) =>
        (isOwning && inverseEntityMetadata.tablePath === tablePath) ||
        (isManyToMany && entityMetadata.tablePath === tablePath),
    ),
  )
}
