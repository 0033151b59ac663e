import { RequestContext, serialize, wrap } from "@mikro-orm/core"
import type { Relation } from "../../conformance/relations.ts"
import { collectionOf, keyOf, owners, pair, seen, type Reader, type Variant } from "./session.ts"
import type { Row } from "./domain-entities.ts"

const perParent = { loads: "per parent" } as const
// Neither PGlite nor MikroORM's dialect for node:sqlite can stream.
const streams = { ...perParent, on: ["postgresql"] } as const
// MikroORM 7.2.1 cannot restore the target of a polymorphic relation from its cache, nor count or batch one.
const isPlain = ({ property }: Relation) => property !== "reactions"
let unique = 0

/** Serialisations, every reader of a collection, query builder, streams, caches, transactions and configurations. */
export const otherPaths = {
  serialised: serialised((parent) => JSON.parse(JSON.stringify(parent)) as Row),
  "serialize()": serialised((parent, property) => serialize(parent, { populate: [property] } as never)),
  "toPOJO()": serialised((parent) => wrap(parent).toPOJO()),
  "toObject()": serialised((parent) => wrap(parent).toObject()),
  "collection.toJSON()": serialised((parent, property) => ({ [property]: collectionOf(parent, property).toJSON() })),
  "index access": read((collection) =>
    Object.keys(collection)
      .filter((key) => /^\d+$/.test(key))
      .map((key) => collection[Number(key)]!),
  ),
  iteration: read((collection) => [...collection]),
  "map, filter and slice": read((collection) => {
    const mapped = collection.map((child) => child)
    const lists = [
      mapped,
      collection.filter(() => true),
      collection.slice(),
      collection.reduce((all, child) => [...all, child], [] as Row[]),
    ]
    return lists.every((list) => list.length === mapped.length) ? mapped : lists.flat()
  }),
  contains: seen(async ({ find, property, em }) => {
    const found = await find({ populate: [property] })
    const everything = [...em.getUnitOfWork().getIdentityMap()] as Row[]
    return found.flatMap((parent) =>
      everything.filter((child) => collectionOf(parent, property).contains(child)).map((child) => pair(parent, child)),
    )
  }),
  "count, length and isEmpty": seen(
    async ({ find, property }) => {
      const found = await find({ populate: [property] })
      return found.map((parent) => {
        const collection = collectionOf(parent, property)
        const counts = new Set([
          collection.count(),
          collection.length,
          collection.getItems().length,
          [...collection].length,
        ])
        if (collection.isEmpty()) counts.add(0)
        return `${String(parent["id"])}: ${[...counts].join(" or ")}`
      })
    },
    { yields: "counts" },
  ),
  "query builder": owners((reader) => joinedBuilder(reader).getResultList()),
  "query builder, getResult": owners((reader) => joinedBuilder(reader).getResult()),
  "query builder, getSingleResult": owners(async (reader) => {
    const found: Row[] = []
    for (const id of reader.relation.parents) found.push((await joinedBuilder(reader, [id]).getSingleResult()) as Row)
    return found
  }, perParent),
  "query builder, getResultAndCount": owners(async (reader) => (await joinedBuilder(reader).getResultAndCount())[0]),
  "query builder, partial": owners((reader) => {
    const columns = reader.property === "lines" && reader.relation.owner === "Customer" ? ["series", "number"] : ["id"]
    return joinedBuilder(reader, reader.relation.parents, [...columns, "label"]).getResultList()
  }),
  stream: owners((reader) => streamed(reader, { populate: [reader.property] }), streams),
  "stream, partial": owners(
    (reader) => streamed(reader, { fields: ["id", "label", `${reader.property}.label`] }),
    streams,
  ),
  "em.merge": owners(
    async (reader) => {
      const rows = await reader.db.sql("select id, label, merchant_id, customer_id from address order by id")
      return reader.relation.parents.map((id) => {
        const row = { id, label: `row ${id}`, addresses: childrenIn(rows, id) }
        return reader.em.merge(reader.Owner, row as never) as unknown as Row
      })
    },
    { ...perParent, over: isAddresses },
  ),
  "em.map": owners(
    async (reader) => {
      const rows = await reader.db.sql("select id, label, merchant_id, customer_id from address order by id")
      return reader.relation.parents.map((id) => {
        const row = { id, label: `row ${id}`, addresses: childrenIn(rows, id) }
        return reader.em.map(reader.Owner, row as never)
      })
    },
    { ...perParent, over: isAddresses },
  ),
  "result cache filled by another tenant": cached(() => ({ limit: 1000 + unique++, cache: 60_000 })),
  "result cache, joined": cached(() => ({ limit: 1000 + unique++, cache: 60_000, strategy: "joined" })),
  "result cache, named": cached(() => ({ cache: [`named ${unique++}`, 60_000] })),
  "result cache, global option": cached(() => ({ limit: 1000 + unique++ }), "globalCache"),
  "result cache, cleared": owners(
    async ({ domain, find, property, asOther, unobserved }) => {
      const name = `cleared ${unique++}`
      const options = { populate: [property], cache: [name, 60_000] }
      await asOther(() => find(options, domain.fork()))
      await unobserved(() => find(options, domain.fork()))
      await domain.fork().clearCache(name)
      return find(options, domain.fork())
    },
    { over: isPlain },
  ),
  "same manager, after another tenant": owners(async ({ find, property, asOther }) => {
    await asOther(() => find({ populate: [property] }))
    return find({ populate: [property] })
  }),
  "same manager, after another tenant, joined": owners(async ({ find, property, asOther }) => {
    await asOther(() => find({ populate: [property], strategy: "joined" }))
    return find({ populate: [property], strategy: "joined" })
  }),
  "same manager, there and back": owners(async ({ find, property, asOther, unobserved }) => {
    await unobserved(() => find({ populate: [property] }))
    await asOther(() => find({ populate: [property] }))
    return find({ populate: [property] })
  }),
  "same manager, loaded later": owners(async ({ find, property, asOther }) => {
    const found = await asOther(() => find({ populate: [property] }))
    for (const parent of found) await collectionOf(parent, property).load()
    return found
  }, perParent),
  "same manager, data loader": owners(
    async ({ find, property, asOther }) => {
      const found = await asOther(async () => {
        const parents = await find()
        await Promise.all(parents.map((parent) => collectionOf(parent, property).load({ dataloader: true })))
        return parents
      })
      await Promise.all(found.map((parent) => collectionOf(parent, property).load({ dataloader: true })))
      return found
    },
    { ...perParent, over: (relation) => isPlain(relation) && relation.kind === "1:m" },
  ),
  "same manager, loadCount after another tenant": seen(
    async ({ find, property, asOther }) => {
      const found = await find()
      await asOther(() => Promise.all(found.map((parent) => collectionOf(parent, property).loadCount())))
      const lines: string[] = []
      for (const parent of found)
        lines.push(`${String(parent["id"])}: ${await collectionOf(parent, property).loadCount()}`)
      return lines
    },
    { yields: "counts", foreignRows: "never fetched", over: isPlain },
  ),
  "inside a transaction": owners(({ em, find, property }) =>
    em.transactional((inner) => find({ populate: [property] }, inner as never)),
  ),
  "inside a nested transaction": owners(({ em, find, property }) =>
    em.transactional((outer) =>
      outer.transactional((inner) => find({ populate: [property], strategy: "joined" }, inner as never)),
    ),
  ),
  "inside a request context": owners(({ domain, find, property }) =>
    RequestContext.create(domain.orm.em, () => find({ populate: [property] }, domain.orm.em as never)),
  ),
  ...configured("forceEntityConstructor"),
  ...configured("forceUndefined"),
  ...configured("disableIdentityMap"),
  ...configured("globalFilter"),
}

function serialised(toPlain: (parent: Row, property: string) => Row) {
  return seen(async ({ find, property }) => {
    const found = await find({ populate: [property] })
    return found.flatMap((parent) =>
      (toPlain(parent, property)[property] as Row[]).map((child) => `${String(parent["id"])}>${keyOf(child)}`),
    )
  })
}

function read(items: (collection: ReturnType<typeof collectionOf>) => readonly Row[]) {
  return seen(async ({ find, property }) => {
    const found = await find({ populate: [property] })
    return found.flatMap((parent) => items(collectionOf(parent, property)).map((child) => pair(parent, child)))
  })
}

function joinedBuilder(
  { em, Owner, property, relation }: Reader,
  parents: readonly number[] = relation.parents,
  fields?: string[],
) {
  return em
    .createQueryBuilder(Owner as never, "o")
    .select("*")
    .leftJoinAndSelect(`o.${property}` as never, "c", undefined, fields as never)
    .where({ id: { $in: [...parents] } } as never)
}

async function streamed({ em, Owner, relation }: Reader, options: object): Promise<Row[]> {
  const found: Row[] = []
  const where = { id: { $in: [...relation.parents] } }
  for await (const parent of em.stream(Owner, { where, orderBy: { id: "asc" }, ...options })) found.push(parent)
  return found
}

function cached(options: () => object, variant?: Variant) {
  return owners(
    async ({ domain, find, property, asOther, unobserved }) => {
      const hint = { populate: [property], ...options() }
      await asOther(() => find(hint, domain.fork()))
      const first = await find(hint, domain.fork())
      const again = await unobserved(() => find(hint, domain.fork()))
      return again.length === first.length ? again : []
    },
    { over: isPlain },
    variant,
  )
}

function configured(variant: Variant) {
  return {
    [`${variant}, select-in`]: owners(
      ({ find, property }) => find({ populate: [property], strategy: "select-in" }),
      {},
      variant,
    ),
    [`${variant}, joined`]: owners(
      ({ find, property }) => find({ populate: [property], strategy: "joined" }),
      {},
      variant,
    ),
  }
}

function isAddresses({ property }: Relation): boolean {
  return property === "addresses"
}

function childrenIn(rows: readonly Row[], customer: number): Row[] {
  return rows
    .filter((row) => row["customer_id"] === customer)
    .map(({ id, label, merchant_id: merchantId }) => ({ id, label, merchantId, customer }))
}
