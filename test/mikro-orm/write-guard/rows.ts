import type { EntityData } from "@mikro-orm/core"
import type { EntityManager } from "@mikro-orm/sql"
import { withoutTenant } from "../../../src/index.ts"
import { limited, type NestedTenants, type NewRow, type StoredRow } from "../../conformance/write-guard/harness.ts"
import { uuids, type EntityName } from "../../conformance/write-guard/schema.ts"
import { find, keyed, newData, reference, tenantData, where, type Desk } from "./shop.ts"
import type { Row } from "./entities.ts"

type Bring = (desk: Desk, row: StoredRow) => Promise<Row> | Row

/** Ways to bring a stored row into the manager, or an object that passes for it. */
const loaded: Bring = (desk, { entity, id }) => find(desk, entity, id)
const loadedInBypass: Bring = (desk, row) => withoutTenant("support desk", () => loaded(desk, row))
const referred: Bring = (desk, { entity, id }) => reference(desk, entity, id)
const merged: Bring = ({ em, entities }, { entity, id }) =>
  em.merge(entities[entity]!, { ...keyed(entity, id), label: "row" } as EntityData<Row>)
const mergedClaim: Bring = ({ em, entities }, { entity, id }) =>
  em.merge(entities[entity]!, {
    ...keyed(entity, id),
    label: "row",
    ...tenantData(entity, claimOf(entity)),
  } as EntityData<Row>)
const mapped: Bring = ({ em, entities }, { entity, id }) =>
  em.map(entities[entity]!, { ...keyed(entity, id), label: "row", merchant_id: claimOf(entity) } as never)
const createdClaim: Bring = ({ em, entities }, { entity, id }) =>
  em.create(
    entities[entity]!,
    { ...keyed(entity, id), label: "row", ...tenantData(entity, claimOf(entity)) } as never,
    { managed: true } as never,
  )

const plainColumn = [
  "Address",
  "Note",
  "Reply",
  "Parcel",
  "Category",
  "Tag",
  "Product",
  "Price",
  "Line",
  "Ticket",
] as const

const withoutEmbedded = [...plainColumn, "Account", "Student", "Enrolment", "Meter"] as const

export const updates = {
  loaded: changed(loaded),
  "loaded in withoutTenant": changed(loadedInBypass),
  "without loading": changed(referred),
  "claiming the own tenant": limited(changed(mergedClaim), { isClaiming: true }),
  merged: changed(merged),
  "mapped from a row that claims the own tenant": limited(changed(mapped), { isClaiming: true, over: plainColumn }),
  "created as managed, claiming the own tenant": limited(changed(createdClaim), { isClaiming: true }),
  assigned: async (desk: Desk, row: StoredRow) => {
    desk.em.assign(await loaded(desk, row), { label: "changed" } as never)
    await desk.em.flush()
  },
  "loaded by another manager": async (desk: Desk, row: StoredRow) => {
    const other = { ...desk, em: desk.em.fork({ keepTransactionContext: true }) }
    const entity = desk.em.merge<Row>(await loaded(other, row))
    entity["label"] = "changed"
    await desk.em.flush()
  },
  "loaded without its tenant": async (desk: Desk, { entity, id }: StoredRow) => {
    const row = await find(desk, entity, id, { fields: ["label"] })
    row["label"] = "changed"
    await desk.em.flush()
  },
}

export const deletes = {
  loaded: removed(loaded),
  "loaded in withoutTenant": removed(loadedInBypass),
  "without loading": removed(referred),
  merged: removed(merged),
  "claiming the own tenant": limited(removed(mergedClaim), { isClaiming: true }),
}

export const inserts = {
  "as entities": async ({ em, entities }: Desk, rows: readonly NewRow[]) => {
    for (const row of rows) em.persist(em.create(entities[row.entity]!, newData(row) as never))
    await em.flush()
  },
  "as data": limited(
    async ({ em, entities }: Desk, rows: readonly NewRow[]) => {
      await em.insertMany(entities[rows[0]!.entity]!, rows.map(newData))
    },
    // It takes no embedded objects, and neither does a query builder.
    { over: withoutEmbedded },
  ),
  "query builder": limited(
    async ({ em, entities }: Desk, rows: readonly NewRow[]) => {
      await em
        .createQueryBuilder(entities[rows[0]!.entity]!)
        .insert(rows.map(newData) as never)
        .execute()
    },
    { over: withoutEmbedded },
  ),
  "one by one": async ({ em, entities }: Desk, rows: readonly NewRow[]) => {
    for (const row of rows) await em.insert(entities[row.entity]!, newData(row))
  },
  "entities, unflushed": async ({ em, entities }: Desk, rows: readonly NewRow[]) => {
    const created = rows.map((row) => em.create(entities[row.entity]!, newData(row) as never, { persist: false }))
    await em.insertMany(created)
  },
}

export async function insertNested({ em, entities }: Desk, tenants: NestedTenants): Promise<void> {
  const parcel = { id: 100, label: "new", ...tenantData("Parcel", tenants.parcel) }
  const address = { id: 100, label: "new", ...tenantData("Address", tenants.address), parcels: [parcel] }
  em.persist(em.create(entities["Customer"]!, { id: 100, label: "new", addresses: [address] } as never))
  await em.flush()
}

export async function cascade(desk: Desk, customer: number, address: number): Promise<void> {
  const found = await withoutTenant("support desk", () => find(desk, "Customer", customer, { populate: ["addresses"] }))
  void found
  const held = desk.em.getUnitOfWork().getById(desk.entities["Address"] as never, address as never) as unknown as Row
  held["label"] = "changed"
  await desk.em.flush()
}

export async function mixed(desk: Desk) {
  const own = await find(desk, "Address", 11)
  const foreign = await find(desk, "Address", 21)
  own["label"] = "changed"
  foreign["label"] = "changed"
  desk.em.create(desk.entities["Address"]!, { id: 100, label: "new" } as never)
  return {
    first: () => desk.em.flush(),
    mended: async () => {
      foreign["label"] = "row"
      await desk.em.flush()
    },
  }
}

export async function updateUnowned(desk: Desk, customer: number): Promise<void> {
  const found = await find(desk, "Customer", customer)
  found["label"] = "changed"
  await desk.em.flush()
}

export async function updateSeveral(desk: Desk, rows: readonly StoredRow[], isLoaded: boolean): Promise<void> {
  for (const [entity, of] of Map.groupBy(rows, (row) => row.entity)) {
    const ids = of.map(({ id }) => id)
    const found = isLoaded
      ? ((await desk.em.find(desk.entities[entity]!, where(entity, ids))) as Row[])
      : ids.map((id) => reference(desk, entity, id))
    for (const row of found) row["label"] = "changed"
  }
  await desk.em.flush()
}

export function transactional<R>(em: EntityManager, run: (em: EntityManager) => Promise<R>): Promise<R> {
  return em.transactional((inner) => run(inner))
}

function changed(bring: Bring) {
  return async (desk: Desk, row: StoredRow): Promise<void> => {
    const entity = await bring(desk, row)
    entity["label"] = "changed"
    await desk.em.flush()
  }
}

function removed(bring: Bring) {
  return async (desk: Desk, row: StoredRow): Promise<void> => {
    desk.em.remove(await bring(desk, row))
    await desk.em.flush()
  }
}

/** The tenant of merchant 1, as an entity holds it. */
function claimOf(entity: EntityName) {
  return entity === "Ticket" ? uuids[1] : 1
}
