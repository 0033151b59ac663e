import { afterEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import type { FailsafeOptions } from "../../src/typeorm/index.ts"
import { essenceOf, idsOf } from "./support/lab.ts"
import { openFleet, type Fleet } from "./support/lab-fleet.ts"

let fleet: Fleet

afterEach(() => fleet.close())

async function open(failsafe: Partial<FailsafeOptions> = {}): Promise<void> {
  fleet = await openFleet({ failsafe })
}

function depots() {
  return fleet.dataSource.getRepository(fleet.Depot)
}

const strategies = ["join", "query"] as const
const place = { owner: "Depot", column: "merchantId" }

describe("soft-deleted rows", () => {
  it.each(strategies)("are not loaded, and so not judged, by %s", async (strategy) => {
    await open()

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, () =>
        depots().find({ where: { id: 1 }, relations: { notes: true }, relationLoadStrategy: strategy }),
      ),
    )

    expect(idsOf(result[0]!.notes)).toEqual([1])
    expect(leaks.map(essenceOf)).toStrictEqual([
      { what: "dropped", ...place, relation: "notes", child: "Note", loaded: 2, rows: 1, dropped: 1, strategy },
    ])
  })

  it.each(strategies)("are judged like others with withDeleted, by %s", async (strategy) => {
    await open()
    const options = { where: { id: 1 }, relations: { notes: true }, withDeleted: true } as const

    const load = () => depots().find({ ...options, relationLoadStrategy: strategy })
    const vanilla = idsOf((await withoutTenant("arrange", load))[0]!.notes)

    const { result, leaks } = await collectLeaks(() => withTenant(1, load))

    // With queries TypeORM loads the deleted rows as well, and then finds no owner for them.
    expect(vanilla).toEqual(strategy === "join" ? [1, 2, 3, 4] : [1, 2])
    expect(idsOf(result[0]!.notes)).toEqual(vanilla.filter((id) => id % 2 === 1))
    expect(leaks.map(({ loaded, rows }) => [loaded, rows])).toEqual([[4, 2]])
  })

  it("that must be looked up are found", async () => {
    await open({ entities: { Note: "depot.id" } })
    const options = { where: { id: 1 }, relations: { notes: true }, withDeleted: true } as const

    const { result, leaks } = await collectLeaks(() => withTenant(2, () => depots().find(options)))

    expect(idsOf(result[0]!.notes)).toEqual([])
    expect(leaks.map(({ what, column, rows }) => [what, column, rows])).toEqual([["dropped", "depot.id", 4]])
  })
})

describe("the rows of a view", () => {
  const load = () =>
    depots()
      .createQueryBuilder("d")
      .leftJoinAndMapMany("d.open", fleet.OpenNote, "n", 'n."depotId" = d.id')
      .where("d.id = 1")
      .getOneOrFail() as unknown as Promise<{ open: { noteId: number }[] }>

  it("are dropped where they are foreign", async () => {
    await open()
    const vanilla = await withoutTenant("arrange", load)

    const { result, leaks } = await collectLeaks(() => withTenant(1, load))

    expect(vanilla.open.map(({ noteId }) => noteId)).toEqual([1, 2, 3, 4])
    expect(result.open.map(({ noteId }) => noteId)).toEqual([1, 3])
    expect(leaks.map(essenceOf)).toStrictEqual([
      {
        what: "dropped",
        ...place,
        relation: "open",
        child: "OpenNote",
        loaded: 4,
        rows: 2,
        dropped: 2,
        strategy: "join",
      },
    ])
  })

  it("are judged without the tenant in the selection", async () => {
    await open()
    const partly = () =>
      depots()
        .createQueryBuilder("d")
        .leftJoin(fleet.OpenNote, "n", 'n."depotId" = d.id')
        .select(["d.id", "n.noteId"])
        .where("d.id = 1")

    const { result } = await collectLeaks(() =>
      withTenant(1, async () => {
        const query = partly()
        Object.assign(query.expressionMap.joinAttributes[0]!, { mapToProperty: "d.open", isMappingMany: true })
        return (await query.getOneOrFail()) as unknown as { open: { noteId: number }[] }
      }),
    )

    expect(result.open.map(({ noteId }) => noteId)).toEqual([1, 3])
  })

  it("leave no shell of what was dropped behind where something is joined to them", async () => {
    await open()
    const nested = () =>
      depots()
        .createQueryBuilder("d")
        .leftJoinAndMapMany("d.open", fleet.OpenNote, "n", 'n."depotId" = d.id')
        .leftJoinAndMapOne("n.at", fleet.Depot, "x", 'x.id = n."depotId"')
        .where("d.id = 1")
        .getOneOrFail() as unknown as Promise<{ open: { noteId: number }[] }>

    const { result } = await collectLeaks(() => withTenant(1, nested))

    expect(result.open.map(({ noteId }) => noteId)).toEqual([1, 3])
  })

  it("are reported at top level", async () => {
    await open()

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, () => fleet.dataSource.getRepository(fleet.OpenNote).find({ order: { noteId: "ASC" } })),
    )

    expect(result).toHaveLength(4)
    expect(leaks.map(({ what, owner, loaded, rows }) => [what, owner, loaded, rows])).toEqual([
      ["root", "OpenNote", 4, 2],
    ])
  })
})

describe("single table inheritance", () => {
  it.each(strategies)("judges every kind by the column of their base, by %s", async (strategy) => {
    await open()

    const { result } = await collectLeaks(() =>
      withTenant(1, () =>
        depots().find({ where: { id: 1 }, relations: { vehicles: true }, relationLoadStrategy: strategy }),
      ),
    )

    expect(idsOf(result[0]!.vehicles)).toEqual([1, 4])
    expect(result[0]!.vehicles.map((vehicle) => vehicle.constructor.name).toSorted()).toEqual(["Car", "Truck"])
  })

  it.each(strategies)("leaves a kind alone that is declared not tenant-owned, by %s", async (strategy) => {
    await open({ entities: { Truck: false } })

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, () =>
        depots().find({ where: { id: 1 }, relations: { vehicles: true }, relationLoadStrategy: strategy }),
      ),
    )

    expect(idsOf(result[0]!.vehicles)).toEqual([1, 3, 4])
    expect(leaks.map(({ what, child, loaded, rows }) => [what, child, loaded, rows])).toEqual([
      ["dropped", "Vehicle", 4, 1],
    ])
  })

  it("leaves its roots alone as well", async () => {
    await open({ entities: { Truck: false }, roots: "throw" })
    await fleet.database.sql("delete from vehicle where id = 2")

    const { leaks } = await collectLeaks(() =>
      withTenant(1, async () => {
        expect(await fleet.dataSource.getRepository(fleet.Vehicle).find()).toHaveLength(3)
        expect(await fleet.dataSource.getRepository(fleet.Truck).find()).toHaveLength(2)
      }),
    )

    expect(leaks).toEqual([])
  })

  it("judges a kind alone that is tenant-owned while its base is not", async () => {
    await open({ entities: { Vehicle: false, Car: "merchantId" } })

    const { result } = await collectLeaks(() =>
      withTenant(1, () => depots().find({ where: { id: 1 }, relations: { vehicles: true } })),
    )

    expect(idsOf(result[0]!.vehicles)).toEqual([1, 3, 4])
  })
})
