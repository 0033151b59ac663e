import { afterEach, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { essenceOf, type LabOptions } from "./support/lab.ts"
import { openItems, shapes, type Item, type Items, type Owner, type Shape } from "./support/lab-items.ts"

const opened: Items[] = []

afterEach(async () => {
  for (const lab of opened.splice(0)) await lab.close()
})

async function open(shape: Shape, options: LabOptions = {}): Promise<Items> {
  const lab = await openItems(shape, options)
  opened.push(lab)
  return lab
}

const order = { id: "ASC", items: { id: "ASC" } } as const

const ways: Record<string, (lab: Items) => Promise<Owner[]>> = {
  "find with relations": ({ dataSource, Owner }) =>
    dataSource.getRepository(Owner).find({ relations: { items: true }, order }),
  'relationLoadStrategy: "query"': ({ dataSource, Owner }) =>
    dataSource.getRepository(Owner).find({ relations: { items: true }, order, relationLoadStrategy: "query" }),
  "find with a selection": ({ dataSource, Owner }) =>
    dataSource
      .getRepository(Owner)
      .find({ relations: { items: true }, select: { id: true, items: { id: true, label: true } }, order }),
  "find with a selection by queries": ({ dataSource, Owner }) =>
    dataSource.getRepository(Owner).find({
      relations: { items: true },
      select: { id: true, items: { id: true, label: true } },
      order,
      relationLoadStrategy: "query",
    }),
  "find with skip and take": ({ dataSource, Owner }) =>
    dataSource.getRepository(Owner).find({ relations: { items: true }, order: { id: "ASC" }, skip: 0, take: 2 }),
  leftJoinAndSelect: ({ dataSource, Owner }) =>
    dataSource
      .getRepository(Owner)
      .createQueryBuilder("o")
      .leftJoinAndSelect("o.items", "i")
      .orderBy({ "o.id": "ASC", "i.id": "ASC" })
      .getMany(),
  "a query that selects keys alone": ({ dataSource, Owner }) =>
    dataSource
      .getRepository(Owner)
      .createQueryBuilder("o")
      .leftJoin("o.items", "i")
      .select(["o.id", "i.id"])
      .orderBy({ "o.id": "ASC", "i.id": "ASC" })
      .getMany(),
  "a query that calls no listeners": ({ dataSource, Owner }) =>
    dataSource
      .getRepository(Owner)
      .createQueryBuilder("o")
      .innerJoinAndSelect("o.items", "i")
      .callListeners(false)
      .orderBy({ "o.id": "ASC", "i.id": "ASC" })
      .getMany(),
  "a grouped query": ({ dataSource, Owner }) =>
    dataSource
      .getRepository(Owner)
      .createQueryBuilder("o")
      .leftJoin("o.items", "i")
      .select(["o.id", "i.id", "i.label"])
      .groupBy("o.id")
      .addGroupBy("i.id")
      .addGroupBy("i.label")
      .having("count(i.id) > 0")
      .orderBy({ "o.id": "ASC", "i.id": "ASC" })
      .getMany(),
}

/** TypeORM cannot order the children of a page. */
function inOrder(owners: readonly Owner[]): Owner[] {
  for (const { items } of owners) items.sort((a, b) => a.id - b.id)
  return [...owners]
}

const foreign = new Set([2, 4, 6])
const cases = Object.keys(shapes).flatMap((shape) => Object.keys(ways).map((way) => [shape, way] as const))

describe("the entities", () => {
  it.each(cases)("judged by %s are those without the failsafe, less the foreign ones, by %s", async (name, way) => {
    const shape = shapes[name]!
    const plain = await open(shape, { failsafe: null })
    const guarded = await open(shape)
    const vanilla = inOrder(await ways[way]!(plain))

    const { result, leaks } = await collectLeaks(() => withTenant(shape.tenant ?? 1, () => ways[way]!(guarded)))

    expect(vanilla.map(({ items }) => items.length)).toEqual([4, 2])
    const expected = vanilla.map((owner) => ({ ...owner, items: owner.items.filter(({ id }) => !foreign.has(id)) }))
    expect(JSON.stringify(inOrder(result))).toBe(JSON.stringify(expected))
    expect(leaks.map(essenceOf)).toMatchObject([
      { what: "dropped", owner: "Owner", relation: "items", column: shape.path ?? "merchantId", loaded: 6, rows: 3 },
    ])
  })

  it.each(Object.keys(shapes))("found at top level are those without the failsafe, judged by %s", async (name) => {
    const shape = shapes[name]!
    const plain = await open(shape, { failsafe: null })
    const guarded = await open(shape)
    const find = ({ dataSource, Item }: Items): Promise<Item[]> =>
      dataSource.getRepository(Item).find({ select: { label: true, id: true }, order: { id: "ASC" } })

    const { result, leaks } = await collectLeaks(() => withTenant(shape.tenant ?? 1, () => find(guarded)))

    expect(JSON.stringify(result)).toBe(JSON.stringify(await find(plain)))
    expect(leaks.map(essenceOf)).toMatchObject([{ what: "root", child: "Item", loaded: 6, rows: 3 }])
  })

  it.each(Object.keys(shapes))("have no other property than without the failsafe, judged by %s", async (name) => {
    const shape = shapes[name]!
    const plain = await open(shape, { failsafe: null })
    const guarded = await open(shape)
    const keys = (owners: Owner[]) =>
      [owners, owners.flatMap(({ items }) => items)].map((rows) => rows.map(Object.keys))
    const vanilla = keys(await ways["find with a selection"]!(plain))

    const { result } = await collectLeaks(() =>
      withTenant(shape.tenant ?? 1, () => ways["find with a selection"]!(guarded)),
    )

    expect(keys(result)[0]).toEqual(vanilla[0])
    expect(new Set(keys(result)[1]!.map(String))).toEqual(new Set(vanilla[1]!.map(String)))
  })
})

describe("raw results", () => {
  const queries: Record<string, (lab: Items) => Promise<{ raw: unknown[] }>> = {
    "everything selected": ({ dataSource, Owner }) =>
      dataSource
        .getRepository(Owner)
        .createQueryBuilder("o")
        .leftJoinAndSelect("o.items", "i")
        .orderBy({ "o.id": "ASC", "i.id": "ASC" })
        .getRawAndEntities(),
    "a selection": ({ dataSource, Owner }) =>
      dataSource
        .getRepository(Owner)
        .createQueryBuilder("o")
        .leftJoin("o.items", "i")
        .select(["o.name", "i.label"])
        .orderBy({ "o.id": "ASC", "i.id": "ASC" })
        .getRawAndEntities(),
    "an expression beside entities": ({ dataSource, Owner }) =>
      dataSource
        .getRepository(Owner)
        .createQueryBuilder("o")
        .leftJoinAndSelect("o.items", "i")
        .addSelect("upper(i.label)", "loud")
        .orderBy({ "o.id": "ASC", "i.id": "ASC" })
        .getRawAndEntities(),
  }
  const cases = Object.keys(shapes).flatMap((shape) => Object.keys(queries).map((query) => [shape, query] as const))

  it.each(cases)("are the database's own beside entities judged by %s, with %s", async (name, query) => {
    const shape = shapes[name]!
    const plain = await open(shape, { failsafe: null })
    const guarded = await open(shape)

    const { result } = await collectLeaks(() => withTenant(shape.tenant ?? 1, () => queries[query]!(guarded)))

    expect(result.raw).toStrictEqual((await queries[query]!(plain)).raw)
  })
})
