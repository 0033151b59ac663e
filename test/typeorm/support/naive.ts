import type { DataSource, EntitySubscriberInterface, LoadEvent } from "typeorm"
import { currentTenant } from "../../../src/index.ts"
import type { Entity } from "./graph-held.ts"

/*
 * The guards that come to mind first, written against TypeORM's public interface. Each of them shows or changes what it must not.
 */

/** Filters the arrays of what was loaded in `afterLoad`. */
export class AfterLoadFilter implements EntitySubscriberInterface<Entity> {
  afterLoad(entity: Entity, event?: LoadEvent<Entity>): void {
    for (const { propertyName } of event!.metadata.relations) {
      const value = entity[propertyName]
      if (Array.isArray(value)) entity[propertyName] = value.filter((child: Entity) => !isForeign(child))
    }
  }
}

/** A way to load a customer without foreign children, and to save it. */
export interface NaiveGuard {
  load(dataSource: DataSource): Promise<Entity>
  save(dataSource: DataSource, customer: Entity): Promise<unknown>
}

const toMany = ["addresses", "notes", "tags", "purchases"] as const

type Hidden = Readonly<Record<(typeof toMany)[number] | "profile", readonly Entity[]>>

/** Drops foreign rows after the load and does nothing for the save. */
function filtering(): NaiveGuard {
  return {
    async load(dataSource) {
      const customer = await loadAll(dataSource)
      hideForeign(customer)
      return customer
    },
    save: save,
  }
}

/** Puts back, before the save, the rows that it dropped. */
function puttingBack(asStubs: boolean): NaiveGuard {
  const memory = new WeakMap<Entity, Hidden>()
  return {
    async load(dataSource) {
      const customer = await loadAll(dataSource)
      memory.set(customer, hideForeign(customer))
      return customer
    },
    save: (dataSource, customer) => saveWith(dataSource, customer, memory.get(customer), asStubs),
  }
}

/** Asks, before the save, which stored rows are foreign, and puts their keys into the entity. */
function lookingUp(): NaiveGuard {
  return {
    load: filtering().load,
    async save(dataSource, customer) {
      return saveWith(dataSource, customer, hideForeign(await loadAll(dataSource)), true)
    },
  }
}

export const naiveGuards = {
  "filter the arrays after the load": filtering(),
  "put the dropped rows back before the save": puttingBack(false),
  "remember the keys of the dropped rows": puttingBack(true),
  "look the foreign rows up before the save": lookingUp(),
} satisfies Record<string, NaiveGuard>

/** What an application does that leaves it all to the failsafe: it loads and saves. */
export const noGuard: NaiveGuard = { load: loadAll, save }

function loadAll({ manager }: DataSource): Promise<Entity> {
  return manager.findOneOrFail<Entity>("Customer", {
    where: { id: 1 },
    relations: { addresses: true, notes: true, tags: true, purchases: true, profile: true },
  })
}

function save({ manager }: DataSource, customer: Entity): Promise<unknown> {
  return manager.save("Customer", customer)
}

/** Saves a customer that holds hidden rows for the time of the save. */
async function saveWith(
  dataSource: DataSource,
  customer: Entity,
  hidden: Hidden | undefined,
  asStubs: boolean,
): Promise<void> {
  const shown = { ...customer }
  const back = (rows: readonly Entity[]): Entity[] => rows.map((row) => (asStubs ? { id: row.id! } : row))
  for (const relation of toMany) {
    customer[relation] = [...(customer[relation] as Entity[]), ...back(hidden?.[relation] ?? [])]
  }
  customer.profile ??= back(hidden?.profile ?? [])[0] ?? null
  await save(dataSource, customer)
  Object.assign(customer, shown)
}

function hideForeign(customer: Entity): Hidden {
  const { profile } = customer
  const hidden = Object.fromEntries(
    toMany.map((relation) => [relation, (customer[relation] as Entity[]).filter(isForeign)]),
  )
  for (const relation of toMany) customer[relation] = (customer[relation] as Entity[]).filter((row) => !isForeign(row))
  if (profile != null && isForeign(profile)) customer.profile = null
  return { ...hidden, profile: profile != null && isForeign(profile) ? [profile] : [] } as unknown as Hidden
}

function isForeign({ merchantId }: Entity): boolean {
  return typeof merchantId === "number" && currentTenant() !== undefined && merchantId !== currentTenant()
}
