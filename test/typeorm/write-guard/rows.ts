import type { DeepPartial } from "typeorm"
import { withoutTenant } from "../../../src/index.ts"
import { limited, type NestedTenants, type NewRow, type StoredRow } from "../../conformance/write-guard/harness.ts"
import { uuids, type EntityName } from "../../conformance/write-guard/schema.ts"
import { find, keyed, newData, tenantData, where, type Desk } from "./shop.ts"
import type { Row } from "./entities.ts"

type Bring = (desk: Desk, row: StoredRow) => Promise<Row> | Row

/** Ways to bring a stored row, or an object that passes for it. */
const loaded: Bring = (desk, { entity, id }) => find(desk, entity, id)
const loadedInBypass: Bring = (desk, row) => withoutTenant("support desk", () => loaded(desk, row))
const detached: Bring = (_, { entity, id }) => keyed(entity, id)
const claiming: Bring = (_, { entity, id }) => ({
  ...keyed(entity, id),
  ...tenantData(entity, entity === "Ticket" ? uuids[1] : 1),
})
const created: Bring = ({ manager, entities }, { entity, id }) => manager.create(entities[entity]!, keyed(entity, id))

export const updates = {
  loaded: saved(loaded),
  "loaded in withoutTenant": saved(loadedInBypass),
  "without loading": saved(detached),
  "claiming the own tenant": limited(saved(claiming), { isClaiming: true }),
  "an instance that was not loaded": saved(created),
  preloaded: async ({ manager, entities }: Desk, { entity, id }: StoredRow) => {
    const found = await manager.preload(entities[entity]!, { ...keyed(entity, id), label: "changed" })
    await manager.save(entities[entity]!, found!)
  },
  merged: async ({ manager, entities }: Desk, { entity, id }: StoredRow) => {
    const merged = manager.merge(entities[entity]!, manager.create(entities[entity]!), {
      ...keyed(entity, id),
      label: "changed",
    })
    await manager.save(entities[entity]!, merged)
  },
  repository: async (desk: Desk, row: StoredRow) => {
    const found = await find(desk, row.entity, row.id)
    await desk.manager.getRepository(desk.entities[row.entity]!).save(Object.assign(found, { label: "changed" }))
  },
  "loaded without its tenant": async ({ manager, entities }: Desk, { entity, id }: StoredRow) => {
    const select = entity === "Line" ? { series: true, number: true, label: true } : { id: true, label: true }
    const found = await manager.findOneOrFail(entities[entity]!, { where: where(entity, [id]), select })
    await manager.save(entities[entity]!, Object.assign(found, { label: "changed" }))
  },
}

export const deletes = {
  loaded: removed(loaded),
  "loaded in withoutTenant": removed(loadedInBypass),
  "without loading": removed(detached),
  "claiming the own tenant": limited(removed(claiming), { isClaiming: true }),
}

export const inserts = {
  "as entities": async ({ manager, entities }: Desk, rows: readonly NewRow[]) => {
    await manager.save(entities[rows[0]!.entity]!, rows.map(newData))
  },
  "as data": async ({ manager, entities }: Desk, rows: readonly NewRow[]) => {
    await manager.insert(entities[rows[0]!.entity]!, rows.map(newData))
  },
  "query builder": async ({ manager, entities }: Desk, rows: readonly NewRow[]) => {
    const builder = manager.createQueryBuilder().insert().into(entities[rows[0]!.entity]!)
    await builder.values(rows.map(newData)).execute()
  },
  "one by one": async ({ manager, entities }: Desk, rows: readonly NewRow[]) => {
    for (const row of rows) await manager.getRepository(entities[row.entity]!).insert(newData(row))
  },
}

export async function insertNested({ manager, entities }: Desk, tenants: NestedTenants): Promise<void> {
  const parcel = { id: 100, label: "new", ...tenantData("Parcel", tenants.parcel) }
  const address = { id: 100, label: "new", ...tenantData("Address", tenants.address), parcels: [parcel] }
  await manager.save(entities["Customer"]!, { id: 100, label: "new", addresses: [address] })
}

export async function cascade(desk: Desk, customer: number, address: number): Promise<void> {
  const found = await withoutTenant("support desk", () => find(desk, "Customer", customer, { addresses: true }))
  const held = (found["addresses"] as Row[]).find(({ id }) => id === address)!
  held["label"] = "changed"
  await desk.manager.save(desk.entities["Customer"]!, found)
}

export async function mixed(desk: Desk) {
  const own = await find(desk, "Address", 11)
  const foreign = await find(desk, "Address", 21)
  Object.assign(own, { label: "changed" })
  Object.assign(foreign, { label: "changed" })
  const save = (rows: Row[]) => desk.manager.save(desk.entities["Address"]!, rows as DeepPartial<Row>[])
  const added = { id: 100, label: "new" }
  return {
    first: async () => void (await save([own, foreign, added])),
    mended: async () => void (await save([own, added])),
  }
}

export async function updateUnowned(desk: Desk, customer: number): Promise<void> {
  const found = await find(desk, "Customer", customer)
  await desk.manager.save(desk.entities["Customer"]!, Object.assign(found, { label: "changed" }))
}

export async function updateSeveral(desk: Desk, rows: readonly StoredRow[], isLoaded: boolean): Promise<void> {
  for (const [entity, of] of Map.groupBy(rows, (row): EntityName => row.entity)) {
    const ids = of.map(({ id }) => id)
    const found: Row[] = isLoaded
      ? await desk.manager.find(desk.entities[entity]!, { where: where(entity, ids) })
      : ids.map((id) => keyed(entity, id))
    await desk.manager.save(
      desk.entities[entity]!,
      found.map((row) => Object.assign(row, { label: "changed" })),
    )
  }
}

function saved(bring: Bring) {
  return async (desk: Desk, row: StoredRow): Promise<void> => {
    const found = await bring(desk, row)
    await desk.manager.save(desk.entities[row.entity]!, Object.assign(found, { label: "changed" }))
  }
}

function removed(bring: Bring) {
  return async (desk: Desk, row: StoredRow): Promise<void> => {
    const found = await bring(desk, row)
    await desk.manager.remove(desk.entities[row.entity]!, found)
  }
}
