import { Collection, ObjectHydrator } from "@mikro-orm/core"
import { currentTenant } from "../../../src/index.ts"

/** The ways to drop foreign rows that come to mind first. Each of them changes or shows what it must not. */
export const naiveWays = {
  "remove() after the load": (collection: Port, foreign: readonly object[]) => {
    for (const item of foreign) collection.remove(item)
  },
  "removeWithoutPropagation() after the snapshot": (collection: Port, foreign: readonly object[]) => {
    for (const item of foreign) collection.removeWithoutPropagation(item)
  },
  "the same, and setDirty(false)": (collection: Port, foreign: readonly object[]) => {
    for (const item of foreign) collection.removeWithoutPropagation(item)
    collection.setDirty(false)
  },
  "filter only in getItems()": () => {},
} as const

export type NaiveWay = keyof typeof naiveWays

interface Port {
  remove(item: object): number
  removeWithoutPropagation(item: object): void
  setDirty(dirty: boolean): void
}

/** A configuration with a hydrator that drops foreign rows the naive way. */
export function naive(way: NaiveWay) {
  return <C extends object>(config: C): C => ({ ...config, hydrator: naiveHydrator(way) })
}

interface HydratePort {
  hydrate(
    entity: object,
    meta: { relations: readonly { name: string }[] },
    data: object,
    factory: object,
    type: string,
    newEntity?: boolean,
  ): void
}

function naiveHydrator(way: NaiveWay) {
  const NaiveCollection = naiveCollection(way)
  const Base = ObjectHydrator as unknown as new (...args: readonly unknown[]) => HydratePort

  return class NaiveHydrator extends Base {
    override hydrate(...args: Parameters<HydratePort["hydrate"]>): void {
      super.hydrate(...args)
      const [entity, meta, , , , newEntity] = args
      if (newEntity === true) return
      for (const { name } of meta.relations) {
        const collection = (entity as Record<string, unknown>)[name]
        if (!Collection.isCollection(collection) || collection instanceof NaiveCollection) continue
        Object.setPrototypeOf(collection, NaiveCollection.prototype)
        if (collection.isInitialized()) (collection as unknown as { drop(): void }).drop()
      }
    }
  }
}

function naiveCollection(way: NaiveWay) {
  return class NaiveCollection extends Collection<object> {
    override hydrate(...args: Parameters<Collection<object>["hydrate"]>): void {
      super.hydrate(...args)
      this.drop()
    }

    drop(): void {
      naiveWays[way](this, super.getItems(false).filter(isForeign))
    }

    override getItems(check?: boolean): object[] {
      const items = super.getItems(check)
      return way === "filter only in getItems()" ? items.filter((item) => !isForeign(item)) : items
    }
  }
}

function isForeign(item: object): boolean {
  const { merchantId } = item as { merchantId?: unknown }
  return typeof merchantId === "number" && currentTenant() !== undefined && merchantId !== currentTenant()
}
