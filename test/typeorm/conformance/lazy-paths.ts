import { owners, type Reader, type Variant } from "./session.ts"
import { isNoLoop, related } from "./eager-paths.ts"
import type { Row } from "./domain-entities.ts"

const perParent = { loads: "per parent" } as const
const query = { relationLoadStrategy: "query" } as const

/** Paths on which the relation is a promise. */
export const lazyPaths = {
  "loaded later": awaited(({ find }) => find(), perParent),
  "loaded later, a query per relation": awaited(({ find }) => find(), perParent, "lazy, query"),
  "loaded later, all at once": owners(
    async ({ find, property }) => {
      const found = await find()
      return Promise.all(found.map((parent) => resolved(parent, property)))
    },
    perParent,
    "lazy",
  ),
  "loaded later, twice": owners(
    async ({ find, property, unobserved }) => {
      const found = await find()
      await unobserved(() => Promise.all(found.map((parent) => parent[property])))
      return Promise.all(found.map((parent) => resolved(parent, property)))
    },
    { foreignRows: "never fetched" },
    "lazy",
  ),
  "loaded later, in a transaction": owners(
    async ({ find, manager, property }) =>
      manager.transaction(async (inner) => {
        const found: Row[] = []
        for (const parent of await find({}, inner)) found.push(await resolved(parent, property))
        return found
      }),
    perParent,
    "lazy",
  ),
  "lazy, one query": awaited(({ find, property }) => find(related(property))),
  "lazy, a query per relation": awaited(({ find, property }) => find({ ...related(property), ...query })),
  "lazy and eager": awaited(({ find }) => find(), isNoLoop, "eager and lazy"),
  "lazy, query builder": awaited(({ manager, Owner, relation, property }) =>
    manager
      .createQueryBuilder(Owner, "o")
      .leftJoinAndSelect(`o.${property}`, "c")
      .where("o.id in (:...parents)", { parents: [...relation.parents] })
      .getMany(),
  ),
}

function awaited(
  load: (reader: Reader) => Promise<Row[]>,
  options: Parameters<typeof owners>[1] = {},
  variant: Variant = "lazy",
) {
  return owners(
    async (reader) => {
      const found: Row[] = []
      for (const parent of await load(reader)) found.push(await resolved(parent, reader.property))
      return found
    },
    options,
    variant,
  )
}

async function resolved(parent: Row, property: string): Promise<Row> {
  return { id: parent["id"], [property]: await parent[property] }
}
