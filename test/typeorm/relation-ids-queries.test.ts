import { afterEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { openGroups, type Groups } from "./support/lab-groups.ts"

let lab: Groups

afterEach(() => lab.close())

async function open(): Promise<void> {
  lab = await openGroups()
}

type Ids = Record<string, unknown>

const tables = { members: "member", slots: "slot", badges: "badge" } as const

describe("relation ids", () => {
  it.each([
    ["slots", (alias: string) => `${alias}.line < 2`, [{ line: 1, place: 1 }]],
    ["badges", (alias: string) => `${alias}.region = 'a'`, [{ region: "a", code: 1 }]],
    ["members", (alias: string) => `${alias}.id < 3`, [1]],
  ] as const)("keep the application's own condition, of %s", async (relation, condition, expected) => {
    await open()

    const { result } = await collectLeaks(() =>
      withTenant(1, () =>
        lab.dataSource
          .getRepository(lab.Group)
          .createQueryBuilder("g")
          .where("g.id = 1")
          .loadRelationIdAndMap("g.ids", `g.${relation}`, "child", (query) => query.andWhere(condition("child")))
          .getOneOrFail(),
      ),
    )

    expect((result as unknown as Ids)["ids"]).toEqual(expected)
  })

  it("come out right when one query builder is executed twice, in other scopes", async () => {
    await open()
    const query = lab.dataSource
      .getRepository(lab.Group)
      .createQueryBuilder("g")
      .where("g.id = 1")
      .loadRelationIdAndMap("g.ids", "g.slots")
    const load = async () => ((await query.getOneOrFail()) as unknown as Ids)["ids"]

    const { result } = await collectLeaks(async () => [
      await withTenant(1, load),
      await withoutTenant("support desk", load),
      await withTenant(2, load),
    ])

    const [own, foreign, shared] = [
      { line: 1, place: 1 },
      { line: 1, place: 2 },
      { line: 2, place: 1 },
    ]
    expect(result).toEqual([
      [own, shared],
      [own, foreign, shared],
      [foreign, shared],
    ])
  })

  it("are complete in what save compares with, so that saving changes no junction row", async () => {
    await open()
    const before = await lab.database.sql("select * from group_badge order by 1, 2, 3")

    await collectLeaks(() =>
      withTenant(1, async () => {
        const groups = lab.dataSource.getRepository(lab.Group)
        const found = await groups.findOneOrFail({ where: { id: 1 }, relations: { badges: true, slots: true } })
        found.badges.pop()
        await groups.save(found)
      }),
    )

    expect(await lab.database.sql("select * from group_badge order by 1, 2, 3")).toEqual(
      before.filter((row) => row["badgeRegion"] === "a"),
    )
  })

  it("take one query more only where the tenants must be looked up", async () => {
    await open()
    const count = async (relation: keyof typeof tables) => {
      lab.queries.length = 0
      await collectLeaks(() =>
        withTenant(1, () =>
          lab.dataSource
            .getRepository(lab.Group)
            .createQueryBuilder("g")
            .select("g.id")
            .where("g.id = 1")
            .loadRelationIdAndMap("g.ids", `g.${relation}`)
            .getOneOrFail(),
        ),
      )
      return lab.queries.filter((query) => query.includes(`"${tables[relation]}"`)).length
    }
    const counts = [await count("slots"), await count("badges"), await count("members")]

    expect(counts).toEqual([1, 1, 2])
  })
})
