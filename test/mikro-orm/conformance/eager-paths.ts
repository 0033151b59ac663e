import { wrap } from "@mikro-orm/core"
import type { Relation } from "../../conformance/relations.ts"
import { collectionOf, owners, type Reader } from "./session.ts"

const perParent = { loads: "per parent" } as const
const isTenantOwned = { over: (relation: Relation) => relation.tenant !== undefined }

function populate({ property }: Reader, strategy = "select-in") {
  return { populate: [property], strategy }
}

function partial({ property }: Reader, strategy: string) {
  return { fields: ["id", "label", `${property}.label`], strategy }
}

function withoutTenantColumn({ property, relation }: Reader, strategy: string) {
  return { populate: [property], exclude: [`${property}.${relation.tenant!.split(".")[0]}`], strategy }
}

/** Paths on which a collection is loaded together with its parent. */
export const eagerPaths = {
  "eager, one query": owners((reader) => reader.find(populate(reader, "joined"))),
  "eager, a query per relation": owners((reader) => reader.find(populate(reader, "select-in"))),
  "populate, balanced": owners((reader) => reader.find(populate(reader, "balanced"))),
  "found one": owners((reader) => {
    const { em, Owner, relation } = reader
    return eachParent(relation, async (id) => (await em.findOne(Owner, { id }, populate(reader) as never))!)
  }, perParent),
  "findOne, joined": owners((reader) => {
    const { em, Owner, relation } = reader
    return eachParent(relation, async (id) => (await em.findOne(Owner, { id }, populate(reader, "joined") as never))!)
  }, perParent),
  findOneOrFail: owners((reader) => {
    const { em, Owner, relation } = reader
    return eachParent(relation, (id) => em.findOneOrFail(Owner, { id }, populate(reader) as never))
  }, perParent),
  "found and counted": owners(async (reader) => {
    const where = { id: { $in: [...reader.relation.parents] } }
    const [found] = await reader.em.findAndCount(reader.Owner, where, populate(reader, "joined") as never)
    return found
  }),
  findAll: owners(async (reader) => {
    const where = { id: { $in: [...reader.relation.parents] } }
    return reader.em.findAll(reader.Owner, { where, ...populate(reader) } as never)
  }),
  findByCursor: owners(async (reader) => {
    const where = { id: { $in: [...reader.relation.parents] } }
    const options = { where, orderBy: { id: "asc" }, first: 100, ...populate(reader) }
    return [...(await reader.em.findByCursor(reader.Owner, options as never))] as never
  }),
  "em.populate": owners(async ({ em, find, property }) => em.populate(await find(), [property] as never)),
  "em.populate, joined": owners(async ({ em, find, property }) =>
    em.populate(await find(), [property] as never, { strategy: "joined" } as never),
  ),
  "partial columns without the tenant": owners((reader) => reader.find(partial(reader, "select-in"))),
  "partial columns, joined": owners((reader) => reader.find(partial(reader, "joined"))),
  "excluded tenant column": owners((reader) => reader.find(withoutTenantColumn(reader, "select-in")), isTenantOwned),
  "excluded tenant column, joined": owners(
    (reader) => reader.find(withoutTenantColumn(reader, "joined")),
    isTenantOwned,
  ),
  "only references": owners(({ find, property }) => find({ populate: [`${property}:ref`] }), {
    over: ({ kind }) => kind === "m:n",
  }),
  "limit per parent": owners(
    (reader) => reader.find({ ...populate(reader), populateHints: { [reader.property]: { limit: reader.mostOwn } } }),
    { foreignRows: "never fetched" },
  ),
  "without the identity map": owners((reader) => reader.find({ ...populate(reader), disableIdentityMap: true })),
  "without the identity map, joined": owners((reader) =>
    reader.find({ ...populate(reader, "joined"), disableIdentityMap: true }),
  ),
  "loaded again": owners(async (reader) => {
    await reader.unobserved(() => reader.find(populate(reader)))
    return reader.find({ ...populate(reader), refresh: true })
  }),
  "refresh: true, joined": owners(async (reader) => {
    await reader.unobserved(() => reader.find(populate(reader, "joined")))
    return reader.find({ ...populate(reader, "joined"), refresh: true })
  }),
  "joined after select-in": owners(async (reader) => {
    await reader.unobserved(() => reader.find(populate(reader)))
    return reader.find(populate(reader, "joined"))
  }),
  "em.refresh": owners((reader) => refreshEach(reader, "select-in"), perParent),
  "em.refresh, joined": owners((reader) => refreshEach(reader, "joined"), perParent),
  "wrap().init": owners(async ({ find, property }) => {
    const found = await find()
    for (const parent of found) await wrap(parent).init({ populate: [property], refresh: true } as never)
    return found
  }, perParent),
  "after upsert": owners(async ({ em, Owner, relation, property }) => {
    const found = await eachParent(relation, (id) => em.upsert(Owner, { id, label: `row ${id}` }))
    return em.populate(found, [property] as never)
  }),
  "after upsertMany": owners(async ({ em, Owner, relation, property }) => {
    const rows = relation.parents.map((id) => ({ id, label: `row ${id}` }))
    return em.populate(await em.upsertMany(Owner, rows as never), [property] as never)
  }),
  "after create and upsert": owners(async ({ em, Owner, relation, property }) => {
    const found = await eachParent(relation, (id) =>
      em.upsert(em.create(Owner, { id, label: `row ${id}` } as never, { persist: false })),
    )
    return em.populate(found, [property] as never, { refresh: true })
  }),
  "after getReference, assign and flush": owners(async ({ em, Owner, relation, property }) => {
    const found = relation.parents.map((id) => em.getReference(Owner, id as never))
    for (const parent of found) em.assign(parent, { label: `row ${String(parent["id"])}` } as never)
    await em.flush()
    return em.populate(found, [property] as never)
  }),
}

async function eachParent<T>({ parents }: Relation, run: (id: number) => Promise<T>): Promise<T[]> {
  const found: T[] = []
  for (const id of parents) found.push(await run(id))
  return found
}

async function refreshEach(reader: Reader, strategy: string) {
  const found = await reader.unobserved(() => reader.find())
  for (const parent of found) await reader.em.refresh(parent, populate(reader, strategy) as never)
  for (const parent of found) collectionOf(parent, reader.property).getItems()
  return found
}
