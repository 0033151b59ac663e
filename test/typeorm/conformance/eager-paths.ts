import { type BaseEntity, In, IsNull, Not } from "typeorm"
import type { Relation } from "../../conformance/relations.ts"
import { eachParent, inverseOf, keyColumns, owners, type Reader } from "./session.ts"
import type { Row } from "./domain-entities.ts"

const perParent = { loads: "per parent" } as const
// TypeORM joins an eager relation to itself without end.
export const isNoLoop = { over: ({ owner, child }: Relation) => owner !== child } as const
const throughParent = { over: ({ kind }: Relation) => kind === "1:m", ignores: ["root"] } as const
const query = { relationLoadStrategy: "query" } as const

export function related(property: string) {
  return { relations: { [property]: true } }
}

/** Only the labels, of parents and children. */
export function partial(relation: Relation) {
  const { property } = relation
  const columns = Object.fromEntries([...keyColumns(relation), "label"].map((column) => [column, true]))
  return { ...related(property), select: { id: true, label: true, [property]: columns } }
}

/** Paths on which `find` and its like load a relation together with its parent. */
export const eagerPaths = {
  "eager, one query": owners(({ find, property }) => find(related(property))),
  "eager, a query per relation": owners(({ find, property }) => find({ ...related(property), ...query })),
  "a query per relation, by configuration": owners(({ find, property }) => find(related(property)), {}, "query"),
  "eager relation": owners(({ find }) => find(), isNoLoop, "eager"),
  "eager relation, a query per relation": owners(({ find }) => find(query), isNoLoop, "eager"),
  "eager relation, asked for as well": owners(({ find, property }) => find(related(property)), isNoLoop, "eager"),
  "found one": owners((reader) => eachParent(reader.relation, (id) => findOne(reader, id)), perParent),
  "findOne, a query per relation": owners(
    (reader) => eachParent(reader.relation, (id) => findOne(reader, id, query)),
    perParent,
  ),
  findOneOrFail: owners(
    ({ manager, Owner, relation, property }) =>
      eachParent(relation, (id) => manager.findOneOrFail(Owner, { where: { id }, ...related(property) })),
    perParent,
  ),
  "findOneBy, eager relation": owners(
    ({ manager, Owner, relation }) => eachParent(relation, async (id) => (await manager.findOneBy(Owner, { id }))!),
    { ...perParent, ...isNoLoop },
    "eager",
  ),
  "found and counted": owners(async (reader) => (await findAndCount(reader))[0]),
  "findAndCount, a query per relation": owners(async (reader) => (await findAndCount(reader, query))[0]),
  "findAndCount, page by page": owners(async (reader) => {
    const pages = await eachParent(reader.relation, async (id) => {
      const page = { skip: reader.relation.parents.indexOf(id), take: 1 }
      return (await findAndCount(reader, page))[0]
    })
    return pages.flat()
  }, perParent),
  "with a condition on the relation": owners(({ find, property, relation }) =>
    find({ where: { id: In([...relation.parents]), [property]: { label: Not(IsNull()) } }, ...related(property) }),
  ),
  "beside another relation": owners(({ find, property }) => find({ relations: { [property]: true, memos: true } }), {
    over: ({ owner, property }) => owner === "Customer" && property !== "memos",
  }),
  "beside another relation, a query per relation": owners(
    ({ find, property }) => find({ relations: { [property]: true, memos: true }, ...query }),
    { over: ({ owner, property }) => owner === "Customer" && property !== "memos" },
  ),
  "through the child's parent": owners(async (reader) => parentsOf(reader, await throughChild(reader)), throughParent),
  "through the child's parent, a query per relation": owners(
    async (reader) => parentsOf(reader, await throughChild(reader, query)),
    throughParent,
  ),
  "partial columns without the tenant": owners(({ find, relation }) => find(partial(relation))),
  "partial columns, a query per relation": owners(({ find, relation }) => find({ ...partial(relation), ...query })),
  "loaded again": owners(async ({ find, property, unobserved }) => {
    await unobserved(() => find(related(property)))
    return find(related(property))
  }),
  "reload()": owners(
    async ({ find, unobserved }) => {
      const found = await unobserved(() => find())
      for (const parent of found) await reload(parent)
      return found
    },
    { ...perParent, ...isNoLoop },
    "eager",
  ),
  "reload() of a loaded relation": owners(async ({ find, property }) => {
    const found = await find(related(property))
    for (const parent of found) await reload(parent)
    return found
  }),
}

async function findOne({ manager, Owner, property }: Reader, id: number, options: object = {}): Promise<Row> {
  return (await manager.findOne(Owner, { where: { id }, ...related(property), ...options }))!
}

/** A page with room for all parents. */
export function findAndCount(
  { manager, Owner, relation, property }: Reader,
  options: object = {},
): Promise<[Row[], number]> {
  const where = { id: In([...relation.parents]) }
  return manager.findAndCount(Owner, { where, order: { id: "ASC" }, take: 100, ...related(property), ...options })
}

function throughChild({ manager, Child, relation, property }: Reader, options: object = {}): Promise<Row[]> {
  return manager.find(Child, { relations: { [inverseOf(relation)]: { [property]: true } }, ...options })
}

/** TypeORM makes the parent anew for each child. */
function parentsOf({ relation }: Reader, children: readonly Row[]): Row[] {
  const parents = children.map((child) => child[inverseOf(relation)] as Row | null).filter((parent) => parent !== null)
  return [...new Map(parents.map((parent) => [parent["id"], parent])).values()]
}

function reload(parent: Row): Promise<void> {
  return (parent as unknown as BaseEntity).reload()
}
