import { afterEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import type { FailsafeOptions } from "../../src/typeorm/index.ts"
import { rejectionOf } from "../core/support/refusal.ts"
import { essenceOf } from "./support/lab.ts"
import { openGroups, type Groups } from "./support/lab-groups.ts"

let lab: Groups

afterEach(() => lab.close())

async function open(failsafe: Partial<FailsafeOptions> | null = {}, hasIds = false): Promise<void> {
  lab = await openGroups({ failsafe, hasIds })
}

type Ids = Record<string, unknown>
const relations = ["members", "slots", "badges", "vehicles"] as const
type Relation = (typeof relations)[number]

const properties = { members: "memberIds", slots: "slotIds", badges: "badgeIds", vehicles: "vehicleIds" } as const

const property = "@RelationId"

/** The ids of a relation of the group 1, by each way to ask for them. */
const ways: Record<string, (relation: Relation) => Promise<unknown>> = {
  async "loadRelationIds: true"(relation) {
    const found = await lab.dataSource.getRepository(lab.Group).find({ where: { id: 1 }, loadRelationIds: true })
    return (found[0] as unknown as Ids)[relation]
  },
  async "loadRelationIds with relations"(relation) {
    const options = { where: { id: 1 }, loadRelationIds: { relations: [relation] } }
    return ((await lab.dataSource.getRepository(lab.Group).find(options))[0] as unknown as Ids)[relation]
  },
  async loadRelationIdAndMap(relation) {
    const query = lab.dataSource.getRepository(lab.Group).createQueryBuilder("g").where("g.id = 1")
    return ((await query.loadRelationIdAndMap("g.ids", `g.${relation}`).getOneOrFail()) as unknown as Ids)["ids"]
  },
  async [property](relation) {
    return (await lab.dataSource.getRepository(lab.Group).findOneByOrFail({ id: 1 }))[properties[relation]]
  },
}

const all: Record<Relation, unknown[]> = {
  members: [1, 2, 3],
  slots: [
    { line: 1, place: 1 },
    { line: 1, place: 2 },
    { line: 2, place: 1 },
  ],
  badges: [
    { region: "a", code: 1 },
    { region: "a", code: 2 },
    { region: "b", code: 1 },
  ],
  vehicles: [1, 2, 3],
}
const child = { members: "Member", slots: "Slot", badges: "Badge", vehicles: "Vehicle" } as const
const column = {
  members: "unit.merchantId",
  slots: "merchantId",
  badges: "merchantId",
  vehicles: "merchantId",
} as const

function own(relation: Relation): unknown[] {
  return all[relation].filter((_, index) => index !== 1)
}

function droppedOf(relation: Relation) {
  const place = { owner: "Group", relation, child: child[relation], column: column[relation] }
  return { what: "dropped", ...place, loaded: 3, rows: 1, dropped: 1, strategy: "relation ids" }
}

const cases = Object.keys(ways).flatMap((way) => relations.map((relation) => [way, relation] as const))

describe("relation ids", () => {
  it.each(cases)("leak without the failsafe, by %s of %s", async (way, relation) => {
    await open(null, way === property)

    expect(await withTenant(1, () => ways[way]!(relation))).toEqual(all[relation])
  })

  it.each(cases)("hold no foreign row, which is reported once, by %s of %s", async (way, relation) => {
    await open({}, way === property)

    const { result, leaks } = await collectLeaks(() => withTenant(1, () => ways[way]!(relation)))

    expect(result).toEqual(own(relation))
    expect(leaks.map(essenceOf).filter((leak) => leak.relation === relation)).toStrictEqual([droppedOf(relation)])
  })

  it.each(cases)("hold all rows inside withoutTenant, by %s of %s", async (way, relation) => {
    await open({ onLeak: "throw", references: "throw" }, way === property)

    const { result, leaks } = await collectLeaks(() => withoutTenant("support desk", () => ways[way]!(relation)))

    expect(result).toEqual(all[relation])
    expect(leaks).toEqual([])
  })

  it("are judged on both sides of a many-to-many relation", async () => {
    await open({ entities: { Group: "id", Member: "unit.merchantId" }, roots: "ignore" }, true)

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, () => lab.dataSource.getRepository(lab.Badge).find({ order: { region: "ASC", code: "ASC" } })),
    )

    expect(result.map(({ groupIds }) => groupIds)).toEqual([[1], [1], [1]])
    expect(leaks.map(essenceOf)).toStrictEqual([
      {
        what: "dropped",
        owner: "Badge",
        relation: "groups",
        child: "Group",
        column: "id",
        loaded: 2,
        rows: 1,
        dropped: 1,
        strategy: "relation ids",
      },
    ])
  })

  it("of several owners count in one record", async () => {
    await open()
    await lab.database.sql('update slot set "groupId" = 2 where line = 2')
    await lab.database.sql('update slot set "merchantId" = 2 where line = 2 and place = 2')

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, () =>
        lab.dataSource
          .getRepository(lab.Group)
          .find({ order: { id: "ASC" }, loadRelationIds: { relations: ["slots"] } }),
      ),
    )

    expect(result.map(({ slots }) => slots)).toEqual([[{ line: 1, place: 1 }], [{ line: 2, place: 1 }]])
    expect(leaks.map(essenceOf).filter(({ relation }) => relation === "slots")).toStrictEqual([
      { ...droppedOf("slots"), loaded: 4, rows: 2, dropped: 2 },
    ])
  })

  it("report a foreign row behind an inverse 1:1 relation, and keep its id", async () => {
    await open({}, true)

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, () => lab.dataSource.getRepository(lab.Group).findOneByOrFail({ id: 1 })),
    )

    expect(result.charterId).toBe(1)
    expect(leaks.map(essenceOf)).toContainEqual({
      what: "reference",
      owner: "Group",
      relation: "charter",
      child: "Charter",
      column: "merchantId",
      loaded: 1,
      rows: 1,
      dropped: 0,
      strategy: "relation ids",
    })
  })

  it("refuse a foreign row behind an inverse 1:1 relation with 'throw'", async () => {
    await open({ references: "throw" }, true)

    const { result } = await collectLeaks(() =>
      rejectionOf(withTenant(1, () => lab.dataSource.getRepository(lab.Group).findOneByOrFail({ id: 1 }))),
    )

    expect(result).toMatchObject({ code: "REFERENCE_FOREIGN", details: { owner: "Group", relation: "charter" } })
  })

  it("are the application's own for a to-one relation, whose id stands in the row", async () => {
    await open({ references: "throw", roots: "ignore" })

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, () =>
        lab.dataSource
          .getRepository(lab.Member)
          .find({ where: { id: 2 }, loadRelationIds: { relations: ["unit"], disableMixedMap: true } }),
      ),
    )

    expect(result).toEqual([{ id: 2, unit: { id: 2 } }])
    expect(leaks).toEqual([])
  })

  it.each(relations)("come without foreign rows as objects with disableMixedMap, of %s", async (relation) => {
    await open()

    const { result } = await collectLeaks(() =>
      withTenant(1, () =>
        lab.dataSource
          .getRepository(lab.Group)
          .find({ where: { id: 1 }, loadRelationIds: { relations: [relation], disableMixedMap: true } }),
      ),
    )

    const objects = own(relation).map((key) => (typeof key === "number" ? { id: key } : key))
    expect((result[0] as unknown as Ids)[relation]).toMatchObject(objects)
  })
})
