import type { Relation } from "../../conformance/relations.ts"
import { eachParent, inverseOf, keyColumns, owners, seen, pairsOf, type Reader } from "./session.ts"
import type { Row } from "./domain-entities.ts"

const perParent = { loads: "per parent" } as const
const isOneToMany = { over: ({ kind }: Relation) => kind === "1:m" } as const

/** Paths on which an application writes the query itself. */
export const builderPaths = {
  "query builder": owners((reader) => joined(reader).getMany()),
  innerJoinAndSelect: owners((reader) => builder(reader).innerJoinAndSelect(`o.${reader.property}`, "c").getMany()),
  "getRawAndEntities().entities": owners(async (reader) => (await joined(reader).getRawAndEntities()).entities),
  getManyAndCount: owners(async (reader) => (await joined(reader).getManyAndCount())[0]),
  "getMany, skip and take": owners((reader) => joined(reader).skip(0).take(100).getMany()),
  "getMany, ordered by the children": owners((reader) =>
    joined(reader).orderBy("c.label", "DESC").addOrderBy("o.id").getMany(),
  ),
  "getOne()": owners(
    (reader) => eachParent(reader.relation, async (id) => (await joined(reader, [id]).getOne())!),
    perParent,
  ),
  "getOneOrFail()": owners(
    (reader) => eachParent(reader.relation, (id) => joined(reader, [id]).getOneOrFail()),
    perParent,
  ),
  "callListeners(false)": owners((reader) => joined(reader).callListeners(false).getMany()),
  "partial select": owners((reader) => {
    const { property, relation } = reader
    return builder(reader)
      .select(["o.id", "o.label"])
      .leftJoin(`o.${property}`, "c")
      .addSelect([...keyColumns(relation), "label"].map((column) => `c.${column}`))
      .getMany()
  }),
  "a copy of the query": owners((reader) => joined(reader).clone().getMany()),
  "find options": owners(({ manager, Owner, relation, property }) =>
    manager
      .createQueryBuilder(Owner, "o")
      .setFindOptions({ relations: { [property]: true } })
      .whereInIds([...relation.parents])
      .getMany(),
  ),
  "leftJoinAndMapMany by relation": seen(async (reader) =>
    pairsOf(await builder(reader).leftJoinAndMapMany("o.mapped", `o.${reader.property}`, "c").getMany(), "mapped"),
  ),
  "innerJoinAndMapMany by relation": seen(async (reader) =>
    pairsOf(await builder(reader).innerJoinAndMapMany("o.mapped", `o.${reader.property}`, "c").getMany(), "mapped"),
  ),
  "leftJoinAndMapMany by condition": owners((reader) => {
    const { property, relation } = reader
    return builder(reader)
      .leftJoinAndMapMany(`o.${property}`, relation.child, "c", `c.${inverseOf(relation)} = o.id`)
      .getMany()
  }, isOneToMany),
  "same query builder, after another tenant": owners(async (reader) => {
    const query = joined(reader)
    await reader.asOther(() => query.getMany())
    return query.getMany()
  }),
  "relation().of().loadMany()": owners(
    ({ manager, Owner, relation, property }) =>
      eachParent(relation, async (id) => ({
        id,
        [property]: await manager.createQueryBuilder().relation(Owner, property).of(id).loadMany(),
      })),
    perParent,
  ),
  "relation().of(entity).loadMany()": owners(async ({ find, manager, Owner, property }) => {
    const found: Row[] = []
    for (const parent of await find()) {
      const children = await manager.createQueryBuilder().relation(Owner, property).of(parent).loadMany()
      found.push({ id: parent["id"], [property]: children })
    }
    return found
  }, perParent),
}

export function builder({ manager, Owner, relation }: Reader, parents = relation.parents) {
  return manager.createQueryBuilder(Owner, "o").where("o.id in (:...parents)", { parents: [...parents] })
}

export function joined(reader: Reader, parents?: readonly number[]) {
  return builder(reader, parents).leftJoinAndSelect(`o.${reader.property}`, "c")
}
