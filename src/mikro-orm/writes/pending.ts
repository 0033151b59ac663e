import type { UnitOfWork } from "@mikro-orm/core"

/** What was pending in a unit of work before a flush. MikroORM 7.2 forgets it when a flush fails, whatever the reason. */
export class Pending {
  readonly #uow: UnitOfWork
  readonly #persisted: readonly object[]
  readonly #removed: readonly object[]
  readonly #orphaned: readonly object[]
  readonly #heldBack: readonly (readonly [entity: object, names: unknown, values: unknown])[]
  readonly #refused: { has(entity: object): boolean }

  /** A removal among `refused` is not pending any more. */
  constructor(uow: UnitOfWork, refused: { has(entity: object): boolean } = new Set()) {
    this.#uow = uow
    this.#refused = refused
    this.#persisted = [...uow.getPersistStack()]
    this.#removed = [...uow.getRemoveStack()]
    this.#orphaned = [...uow.getOrphanRemoveStack()]
    this.#heldBack = [...uow.getExtraUpdates()] as unknown as (readonly [object, unknown, unknown])[]
  }

  restore(): void {
    for (const [entity, names, values] of this.#heldBack) giveBack(entity as Record<string, unknown>, names, values)
    for (const entity of this.#persisted) this.#uow.persist(entity, undefined, { cascade: false })
    for (const entity of this.#orphaned) if (!this.#refused.has(entity)) this.#uow.getOrphanRemoveStack().add(entity)
    for (const entity of this.#removed) {
      if (!this.#refused.has(entity) && !this.#orphaned.includes(entity)) this.#uow.getRemoveStack().add(entity)
    }
  }
}

/** MikroORM takes them off the entity until the update of their own. */
function giveBack(entity: Record<string, unknown>, names: unknown, values: unknown): void {
  if (!Array.isArray(names)) {
    entity[names as string] = values
    return
  }
  for (const [index, name] of (names as string[]).entries()) entity[name] ??= (values as unknown[])[index]
}
