import { afterEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { openVisits, type DepotWithVisits, type Visits } from "./support/lab-visits.ts"

let lab: Visits

afterEach(() => lab.close())

async function open(): Promise<void> {
  lab = await openVisits()
}

function depots() {
  return lab.dataSource.getRepository(lab.Depot)
}

describe("children whose key consists of relations", () => {
  const nested: Record<string, () => Promise<DepotWithVisits[]>> = {
    "find with nested relations": () =>
      depots().find({ where: { id: 1 }, relations: { visits: { vehicle: true, gate: true } } }),
    "joins of a relation of the key": () =>
      depots()
        .createQueryBuilder("d")
        .leftJoinAndSelect("d.visits", "v")
        .leftJoinAndSelect("v.vehicle", "x")
        .where("d.id = 1")
        .getMany(),
    "joins of another relation": () =>
      depots()
        .createQueryBuilder("d")
        .leftJoinAndSelect("d.visits", "v")
        .leftJoinAndSelect("v.gate", "g")
        .where("d.id = 1")
        .getMany(),
    "joins of nothing more": () =>
      depots().createQueryBuilder("d").leftJoinAndSelect("d.visits", "v").where("d.id = 1").getMany(),
    "joins of a to-many relation below": () =>
      depots()
        .createQueryBuilder("d")
        .leftJoinAndSelect("d.visits", "v")
        .leftJoinAndSelect("v.vehicle", "x")
        .leftJoinAndSelect("x.visits", "y")
        .where("d.id = 1")
        .getMany(),
  }

  it.each(Object.keys(nested))("leave no shell of what was dropped behind, by %s", async (way) => {
    await open()

    const { result, leaks } = await collectLeaks(() => withTenant(1, nested[way]!))
    const vanilla = await withoutTenant("arrange", nested[way]!)

    expect(vanilla[0]!.visits).toHaveLength(3)
    expect(result[0]!.visits).toHaveLength(2)
    expect(leaks[0]).toMatchObject({
      what: "dropped",
      owner: "Depot",
      relation: "visits",
      loaded: 3,
      rows: 1,
      dropped: 1,
    })
  })

  it.each(Object.keys(nested))("leave nothing where all of them are foreign, by %s", async (way) => {
    await open()
    await lab.database.sql("update visit set merchant_id = 2")

    const { result } = await collectLeaks(() => withTenant(1, nested[way]!))

    expect(result[0]!.visits).toEqual([])
  })

  it("come by a query of their own, without the foreign ones", async () => {
    await open()

    const { result } = await collectLeaks(() =>
      withTenant(1, () =>
        depots().find({ where: { id: 1 }, relations: { visits: true }, relationLoadStrategy: "query" }),
      ),
    )

    expect(result[0]!.visits).toHaveLength(2)
  })
})
