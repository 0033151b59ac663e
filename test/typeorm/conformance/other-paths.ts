import { withoutTenant } from "../../../src/index.ts"
import { isOlderTypeorm } from "../support/lab.ts"
import { builder, joined } from "./builder-paths.ts"
import { findAndCount, related } from "./eager-paths.ts"
import { owners, pair, pairsOf, seen, type Reader, type Variant } from "./session.ts"
import type { Row } from "./domain-entities.ts"

const query = { relationLoadStrategy: "query" } as const
let unique = 0

/** Serialisations and copies, caches, transactions, relation ids and counts. */
export const otherPaths = {
  serialised: copied((parent) => JSON.parse(JSON.stringify(parent)) as Row),
  "spread copy": copied((parent) => ({ ...parent })),
  "structured clone": copied((parent) => structuredClone({ ...parent })),
  merged: copied((parent, { manager, Owner }) => manager.merge(Owner, manager.create(Owner), parent)),
  "result cache filled by another tenant": cached(({ find, property }) =>
    find({ ...related(property), cache: 60_000 }),
  ),
  "result cache, named": cached(({ find, property, unique: id }) =>
    find({ ...related(property), cache: { id, milliseconds: 60_000 } }),
  ),
  "result cache, findAndCount": cached(async (reader) => (await findAndCount(reader, { cache: 60_000 }))[0]),
  "result cache, query builder": cached((reader) => joined(reader).cache(60_000).getMany()),
  "result cache of the configuration": cached(({ find, property }) => find(related(property)), "cache, always"),
  "result cache of the configuration, a query per relation": cached(
    ({ find, property }) => find({ ...related(property), ...query }),
    "cache, always",
  ),
  "result cache filled without a tenant": owners(
    async (reader) => {
      const cache = { id: `bypass ${unique++}`, milliseconds: 60_000 }
      const load = () => reader.find({ ...related(reader.property), cache })
      await reader.unobserved(() => withoutTenant("warms the cache", load))
      return load()
    },
    {},
    "cache",
  ),
  "same manager, after another tenant": owners(async ({ find, property, asOther }) => {
    await asOther(() => find(related(property)))
    return find(related(property))
  }),
  "same manager, after another tenant, a query per relation": owners(async ({ find, property, asOther }) => {
    await asOther(() => find({ ...related(property), ...query }))
    return find({ ...related(property), ...query })
  }),
  "inside a transaction": owners(({ manager, find, property }) =>
    manager.transaction((inner) => find(related(property), inner)),
  ),
  "inside a transaction, a query per relation": owners(({ manager, find, property }) =>
    manager.transaction((inner) => find({ ...related(property), ...query }, inner)),
  ),
  "inside a nested transaction": owners(({ manager, find, property }) =>
    manager.transaction((outer) => outer.transaction((inner) => find(related(property), inner))),
  ),
  "in a transaction of its own": owners(({ find, property }) => find({ ...related(property), transaction: true })),
  "on a query runner": owners(async ({ domain, find, property }) => {
    const queryRunner = domain.dataSource.createQueryRunner()
    try {
      return await find(related(property), queryRunner.manager)
    } finally {
      await queryRunner.release()
    }
  }),
  loadRelationIds: owners(({ find, property }) => find({ loadRelationIds: { relations: [property] } })),
  "loadRelationIds, as objects": owners(({ find, property }) =>
    find({ loadRelationIds: { relations: [property], disableMixedMap: true } }),
  ),
  "loadRelationIds, all relations": seen(
    async ({ find, property }) => pairsOf(await find({ loadRelationIds: true }), property),
    // The other relations are loaded along.
    { over: ({ owner }) => owner !== "Customer" },
  ),
  loadRelationIdAndMap: ids((reader) =>
    builder(reader).loadRelationIdAndMap("o.ids", `o.${reader.property}`).getMany(),
  ),
  "loadRelationIdAndMap, with a condition": ids((reader) =>
    builder(reader)
      .loadRelationIdAndMap("o.ids", `o.${reader.property}`, "c", (ofIds) => ofIds.andWhere("c.label is not null"))
      .getMany(),
  ),
  "relation ids of the entity": ids(({ find }) => find(), "ids"),
  ...(isOlderTypeorm ? counts() : {}),
}

function copied(copy: (parent: Row, reader: Reader) => Row) {
  return owners(async (reader) => (await reader.find(related(reader.property))).map((parent) => copy(parent, reader)))
}

function cached(load: (reader: Reader & { readonly unique: string }) => Promise<Row[]>, variant: Variant = "cache") {
  return owners(
    async (reader) => {
      const named = { ...reader, unique: `named ${unique++}` }
      await reader.domain.clearCache()
      await reader.asOther(() => load(named))
      return load(named)
    },
    {},
    variant,
  )
}

function ids(load: (reader: Reader) => Promise<Row[]>, variant?: Variant) {
  return seen(
    async (reader) => {
      const found = await load(reader)
      return found.flatMap((parent) => (parent["ids"] as unknown[]).map((id) => pair(parent, id)))
    },
    {},
    variant,
  )
}

/** TypeORM 1 has no counts any more. */
interface CountingBuilder {
  loadRelationCountAndMap(...args: readonly unknown[]): { getMany(): Promise<Row[]> }
}

function counts() {
  const counted = { yields: "counts", foreignRows: "never fetched" } as const
  const count = (...condition: readonly unknown[]) =>
    seen(async (reader) => {
      const counting = builder(reader) as unknown as CountingBuilder
      const found = await counting.loadRelationCountAndMap("o.count", `o.${reader.property}`, ...condition).getMany()
      return found.map((parent) => `${String(parent["id"])}: ${String(parent["count"])}`)
    }, counted)
  return {
    "counted by the database": count(),
    "counted by the database, with a condition": count("c", (ofCounts: { andWhere(condition: string): unknown }) =>
      ofCounts.andWhere("c.label is not null"),
    ),
  }
}
