import type { Relation } from "../../conformance/relations.ts"
import { collectionOf, inverseOf, owners, pair, seen, type Reader, type Variant } from "./session.ts"
import type { Row } from "./domain-entities.ts"

const perParent = { loads: "per parent" } as const
const isOneToMany = ({ kind }: Relation) => kind === "1:m"
const isManyToMany = ({ kind }: Relation) => kind === "m:n"
// MikroORM 7.2.1 compares the type column of a polymorphic relation with the key when it counts, matches or batches.
const isPlain = ({ property }: Relation) => property !== "reactions"

const neverFetched = { foreignRows: "never fetched", over: isPlain } as const
const counted = { ...neverFetched, yields: "counts" } as const

/** Paths on which a collection is loaded for a parent that is already there. */
export const lazyPaths = {
  "loaded later": each((collection) => collection.init()),
  "load()": each((collection) => collection.load()),
  "loadItems()": seen(async ({ find, property }) => {
    const found: string[] = []
    for (const parent of await find()) {
      for (const child of await collectionOf(parent, property).loadItems()) found.push(pair(parent, child))
    }
    return found
  }, perParent),
  "init(), joined": each((collection) => collection.init({ strategy: "joined" } as never)),
  "init() again": owners(async ({ find, property, unobserved }) => {
    const found = await unobserved(() => find({ populate: [property] }))
    for (const parent of found) await collectionOf(parent, property).init()
    return found
  }, perParent),
  "load({ refresh: true })": owners(async ({ find, property, unobserved }) => {
    const found = await unobserved(() => find({ populate: [property] }))
    for (const parent of found) await collectionOf(parent, property).load({ refresh: true })
    return found
  }, perParent),
  "init({ ref: true })": each((collection) => collection.init({ ref: true }), isManyToMany),
  ...batched("data loader of the query", { dataloader: true }),
  ...batched("data loader of the configuration", {}, "dataloader"),
  "data loader, init again": owners(
    async ({ find, property, unobserved }) => {
      const found = await unobserved(() => find({ populate: [property] }))
      await Promise.all(found.map((parent) => collectionOf(parent, property).init({ dataloader: true })))
      return found
    },
    { ...perParent, over: (relation) => isOneToMany(relation) && isPlain(relation) },
  ),
  "counted by the database": counts((collection) => collection.loadCount()),
  "loadCount({ refresh })": counts((collection) => collection.loadCount({ refresh: true })),
  "loadCount(true)": counts((collection) => collection.loadCount(true)),
  "loadCount({ where })": counts((collection) =>
    collection.loadCount({ where: { label: { $ne: "nobody" } } as never }),
  ),
  "loadCount of a loaded collection": seen(async ({ find, property, unobserved }) => {
    const found = await unobserved(() => find({ populate: [property] }))
    return countEach(found, (parent) => collectionOf(parent, property).loadCount())
  }, counted),
  "loadCount, data loader": batchedCounts({ dataloader: true }),
  "loadCount, data loader, where": batchedCounts(
    { dataloader: true, where: { label: { $ne: "nobody" } } },
    undefined,
    isOneToMany,
  ),
  "loadCount, configured data loader": batchedCounts({}, "dataloader"),
  matching: matching(() => ({})),
  "matching, where": matching(() => ({ where: { label: { $ne: "nobody" } } })),
  "matching, limit": seen(
    ({ find, property, mostOwn }) => matchEach(find, property, () => ({ limit: mostOwn, orderBy: { label: "asc" } })),
    neverFetched,
  ),
  "matching, store": owners(async ({ find, property }) => {
    const found = await find()
    for (const parent of found) await collectionOf(parent, property).matching({ store: true })
    return found
  }, neverFetched),
  "added because the child was found": owners(
    async (reader) => {
      const found = emptyParents(reader)
      await reader.em.find(reader.Child, {})
      return found
    },
    { over: isPropagated, counts: "foreign rows", ignores: ["root"] },
  ),
  "added because the other side was populated": owners(
    async (reader) => {
      const found = emptyParents(reader)
      const inverse = inverseOf(reader.relation)
      await reader.em.find(reader.Child, {}, { populate: [inverse], strategy: "select-in" } as never)
      return found
    },
    {
      over: (relation) => isManyToMany(relation) && relation.owner === "Customer",
      counts: "foreign rows",
      ignores: ["root"],
    },
  ),
  "through the child's parent": owners(
    async ({ em, Child, relation, property }) => {
      const inverse = inverseOf(relation)
      const found = await em.find(Child, {}, { populate: [`${inverse}.${property}`] } as never)
      return [...new Set(found.map((child) => (child as Row)[inverse] as Row))]
    },
    { over: (relation) => isOneToMany(relation) && inverseOf(relation) !== "target", ignores: ["root"] },
  ),
}

function each(
  load: (collection: ReturnType<typeof collectionOf>) => Promise<unknown>,
  over?: (relation: Relation) => boolean,
) {
  return owners(
    async ({ find, property }) => {
      const found = await find()
      for (const parent of found) await load(collectionOf(parent, property))
      return found
    },
    { ...perParent, ...(over === undefined ? {} : { over }) },
  )
}

// Asked for by the query, the m:n loader fills all collections in the first caller's load; otherwise each caller gets its own rows.
function batched(name: string, options: object, variant?: Variant) {
  const load = async ({ find, property }: Reader) => {
    const found = await find()
    await Promise.all(found.map((parent) => collectionOf(parent, property).load(options as never)))
    return found
  }
  const isPlainOneToMany = (relation: Relation) => isOneToMany(relation) && isPlain(relation)
  return {
    [`${name}, 1:m`]: owners(load, { ...perParent, over: isPlainOneToMany }, variant),
    [`${name}, m:n`]: owners(
      load,
      { loads: variant === undefined ? "together" : "per parent", over: isManyToMany },
      variant,
    ),
  }
}

function counts(count: (collection: ReturnType<typeof collectionOf>) => Promise<number>) {
  return seen(
    async ({ find, property }) => countEach(await find(), (parent) => count(collectionOf(parent, property))),
    counted,
  )
}

function batchedCounts(options: object, variant?: Variant, isCountable = isPlain) {
  return seen(
    async ({ find, property }) => {
      const found = await find()
      const numbers = await Promise.all(
        found.map((parent) => collectionOf(parent, property).loadCount(options as never)),
      )
      return found.map((parent, index) => `${String(parent["id"])}: ${numbers[index]}`)
    },
    { ...counted, over: (relation) => isPlain(relation) && isCountable(relation) },
    variant,
  )
}

async function countEach(parents: readonly Row[], count: (parent: Row) => Promise<number>): Promise<string[]> {
  const lines: string[] = []
  for (const parent of parents) lines.push(`${String(parent["id"])}: ${await count(parent)}`)
  return lines
}

// MikroORM 7.2.1 writes into the condition that it is given, hence a new one for each call.
function matching(options: () => object) {
  return seen(({ find, property }) => matchEach(find, property, options), neverFetched)
}

async function matchEach(find: Reader["find"], property: string, options: () => object): Promise<string[]> {
  const found: string[] = []
  for (const parent of await find()) {
    for (const child of await collectionOf(parent, property).matching(options as never)) found.push(pair(parent, child))
  }
  return found
}

// MikroORM 7.2.1 adds no found child to its parent's collection where the child's class is derived.
function isPropagated(relation: Relation): boolean {
  return isOneToMany(relation) && isPlain(relation) && !["vehicles", "documents"].includes(relation.property)
}

/** Parents whose collection is known and empty, so that children get in only when they are loaded later. */
function emptyParents({ em, Owner, relation, property }: Reader): Row[] {
  return relation.parents.map(
    (id) => em.merge(Owner, { id, label: `row ${id}`, [property]: [] } as never) as unknown as Row,
  )
}
