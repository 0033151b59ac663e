import { ChangeSetType, PolymorphicRef, Utils, type ChangeSet } from "@mikro-orm/core"

/**
 * MikroORM 7.2 writes some partially loaded rows back as they are: columns of derived entities that it filled in itself have no loaded
 * value to compare with, and a polymorphic key is compared in two notations. A row that was dropped is not the
 * application's to write, so an update that says nothing new is left out; the unit of work skips change sets without a payload.
 */
export function skipSpuriousUpdates(dropped: WeakSet<object>, changeSets: readonly ChangeSet<object>[]): void {
  for (const changeSet of changeSets) {
    if (changeSet.type !== ChangeSetType.UPDATE || !dropped.has(changeSet.entity)) continue
    const loaded = changeSet.originalEntity as Record<string, unknown> | undefined
    const payloads = partsOf(changeSet).map((part) => part.payload as Record<string, unknown>)
    const isSpurious = payloads.every((payload) =>
      Object.entries(payload).every(([key, value]) => saysNothingNew(value, loaded?.[key])),
    )
    if (!isSpurious) continue
    for (const payload of payloads) for (const key of Object.keys(payload)) delete payload[key]
  }
}

/** A change set with those of the tables that a derived entity shares with its bases. */
export function partsOf(changeSet: ChangeSet<object>): readonly ChangeSet<object>[] {
  const bases = (changeSet as { tptChangeSets?: ChangeSet<object>[] }).tptChangeSets
  return bases === undefined ? [changeSet] : [changeSet, ...bases]
}

function saysNothingNew(value: unknown, loaded: unknown): boolean {
  return loaded === undefined || (value instanceof PolymorphicRef && Utils.equals(value.id, loaded))
}
