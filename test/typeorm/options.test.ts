import { subscribe, unsubscribe } from "node:diagnostics_channel"
import { afterEach, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import type { FailsafeOptions } from "../../src/typeorm/index.ts"
import { rejectionOf } from "../core/support/refusal.ts"
import { idsOf, openLab, type Lab } from "./support/lab.ts"
import { schoolEntities } from "./support/lab-school.ts"
import { openShop, type Customer, type Lazy, type Shop } from "./support/shop.ts"
import { wayNames, ways } from "./support/shop-ways.ts"

const opened: Lab[] = []

afterEach(async () => {
  for (const lab of opened.splice(0)) await lab.close()
})

async function open(failsafe: Partial<FailsafeOptions>, lazy = false): Promise<Shop> {
  const shop = await openShop({ failsafe, lazy })
  opened.push(shop)
  return shop
}

describe("entities", () => {
  it.each(wayNames)("leaves an entity alone that is declared not tenant-owned, loaded by %s", async (name) => {
    const way = ways[name]!
    const shop = await open({ entities: { Address: false }, onLeak: "throw" }, way.lazy ?? false)

    const { result, leaks } = await collectLeaks(async () => [
      await withTenant(1, () => way.load(shop)),
      await way.load(shop),
    ])

    expect(result).toEqual([
      [1, 2, 3, 4],
      [1, 2, 3, 4],
    ])
    expect(leaks).toEqual([])
  })

  it("guards the other entities as before", async () => {
    const shop = await open({ entities: { Address: false } })

    const { result } = await collectLeaks(() =>
      withTenant(1, () =>
        shop.dataSource.getRepository(shop.Customer).find({ where: { id: 1 }, relations: { tags: true } }),
      ),
    )

    expect(idsOf(result[0]!.tags)).toEqual([1, 3])
  })

  it("judges an entity by another property", async () => {
    const shop = await open({ entities: { Address: "id" } })

    const { result, leaks } = await collectLeaks(() => withTenant(2, () => ways["find with relations"]!.load(shop)))

    expect(result).toEqual([2])
    expect(leaks.map(({ column, rows }) => [column, rows])).toEqual([["id", 3]])
  })
})

describe("tenantProperty", () => {
  async function openSchool(failsafe: FailsafeOptions) {
    const entities = schoolEntities()
    const lab = await openLab(Object.values(entities), { failsafe })
    opened.push(lab)
    const { sql } = lab.database
    await sql("insert into school (id) values (1), (2)")
    await sql("insert into region (land, code) values ('x', 1), ('x', 2)")
    await sql(
      `insert into student (id, "schoolId", "regionLand", "regionCode", "scopeMerchantid") values (1, 1, 'x', 2, 2), (2, 2, 'x', 1, 1), (3, null, null, null, null)`,
    )
    await sql('insert into enrolment (id, "studentId") values (1, 1), (2, 2), (3, 3), (4, null)')
    return { ...lab, ...entities }
  }

  /** The students and the enrolments that a query for all of them takes for foreign. */
  async function foreign({ dataSource, Student, Enrolment }: Awaited<ReturnType<typeof openSchool>>) {
    const { leaks } = await collectLeaks(() =>
      withTenant(1, async () => {
        for (const id of [1, 2, 3]) await dataSource.getRepository(Student).findOneByOrFail({ id })
        for (const id of [1, 2, 3, 4]) await dataSource.getRepository(Enrolment).findOneByOrFail({ id })
      }),
    )
    return leaks.map(({ what, child, column }) => [what, child, column])
  }

  it.each<[string, FailsafeOptions, unknown[]]>([
    ["a relation", { tenantProperty: "school" }, [["root", "Student", "school"]]],
    ["an embedded column", { tenantProperty: "scope.merchantId" }, [["root", "Student", "scope.merchantId"]]],
    [
      "a column of a composite key",
      { tenantProperty: "school", entities: { Student: "region.code" } },
      [["root", "Student", "region.code"]],
    ],
    [
      "a path that ends at a relation",
      { tenantProperty: "school", entities: { Enrolment: "student.school" } },
      [
        ["root", "Student", "school"],
        ["root", "Enrolment", "student.school"],
      ],
    ],
    [
      "a path that ends at an embedded column",
      { tenantProperty: "school", entities: { Student: false, Enrolment: "student.scope.merchantId" } },
      [["root", "Enrolment", "student.scope.merchantId"]],
    ],
    [
      "the first of a list that an entity has",
      { tenantProperty: ["region.code", "school", "student"] },
      [
        ["root", "Student", "region.code"],
        ["root", "Enrolment", "student"],
        ["root", "Enrolment", "student"],
      ],
    ],
  ])("may be %s", async (_, options, expected) => {
    expect(await foreign(await openSchool(options))).toEqual(expected)
  })
})

describe("unfiltered", () => {
  const unfiltered = { "Customer.addresses": "support staff reads all of it" } as const
  const names = wayNames.filter((name) => ways[name]!.relation === undefined)

  it.each(names)("leaves a relation alone, in any scope and outside, loaded by %s", async (name) => {
    const way = ways[name]!
    const shop = await open({ unfiltered, onLeak: "throw", roots: "throw" }, way.lazy ?? false)

    const { result, leaks } = await collectLeaks(async () => [
      await withTenant(1, () => way.load(shop)),
      await way.load(shop),
    ])

    expect(result).toEqual([
      [1, 2, 3, 4],
      [1, 2, 3, 4],
    ])
    expect(leaks).toEqual([])
  })

  it("guards the other relations of the entity, and other relations to the same entity", async () => {
    const shop = await open({ unfiltered })

    const { leaks } = await collectLeaks(() =>
      withTenant(1, async () => {
        const options = { relations: { addresses: true, tags: true, profile: true } } as const
        await shop.dataSource.getRepository(shop.Customer).find(options)
        await shop.dataSource.getRepository(shop.Order).find({ where: { id: 1 }, relations: { deliverTo: true } })
      }),
    )

    expect(leaks.map(({ what, relation }) => [what, relation])).toEqual([
      ["dropped", "tags"],
      ["reference", "profile"],
      ["reference", "deliverTo"],
    ])
  })

  it.each(["join", "query"] as const)(
    "still guards what hangs below an unfiltered relation, loaded by %s",
    async (strategy) => {
      const shop = await open({ unfiltered })
      await shop.database.sql("update purchase set deliver_to_id = 2")

      const { result, leaks } = await collectLeaks(() =>
        withTenant(1, () =>
          shop.dataSource.getRepository(shop.Customer).find({
            where: { id: 1 },
            relations: { addresses: { orders: true } },
            relationLoadStrategy: strategy,
          }),
        ),
      )

      const second = result[0]!.addresses.find(({ id }) => id === 2)
      expect(idsOf(second!.orders)).toEqual([1, 2])
      expect(leaks.map(({ what, relation, rows }) => [what, relation, rows])).toEqual([["dropped", "orders", 1]])
    },
  )

  it.each(["join", "query"] as const)("leaves a to-one relation alone, loaded by %s", async (strategy) => {
    const shop = await open({ unfiltered: { "Order.deliverTo": "read by the courier" }, references: "throw" })

    const { leaks } = await collectLeaks(() =>
      withTenant(1, () =>
        shop.dataSource
          .getRepository(shop.Order)
          .find({ where: { id: 1 }, relations: { deliverTo: true }, relationLoadStrategy: strategy }),
      ),
    )

    expect(leaks).toEqual([])
  })

  it("leaves a lazy to-one relation alone", async () => {
    const shop = await open(
      { unfiltered: { "Customer.profile": "read by staff" }, references: "throw", roots: "throw" },
      true,
    )

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, async () => {
        const ada = await shop.dataSource.getRepository(shop.Customer).findOneByOrFail({ id: 1 })
        return (ada as unknown as Lazy<Customer, "profile">).profile
      }),
    )

    expect(result?.bio).toBe("foreign 1")
    expect(leaks).toEqual([])
  })

  const detachForeign = (shop: Shop): Promise<void> =>
    withTenant(1, async () => {
      const repository = shop.dataSource.getRepository(shop.Customer)
      const ada = await repository.findOneOrFail({ where: { id: 1 }, relations: { addresses: true } })
      ada.addresses = ada.addresses.filter(({ id }) => id !== 2)
      await repository.save(ada)
    })

  it("refuses to change the foreign rows of an unfiltered relation themselves", async () => {
    const shop = await open({ unfiltered })

    const { result } = await collectLeaks(() => rejectionOf(detachForeign(shop)))

    expect(result).toMatchObject({ code: "WRITE_FOREIGN" })
  })

  it("saves an unfiltered relation as TypeORM does, with writes 'allow'", async () => {
    const shop = await open({ unfiltered, writes: "allow" })

    await collectLeaks(() => detachForeign(shop))

    expect(await shop.database.sql("select customer_id from address where id = 2")).toEqual([{ customer_id: null }])
  })

  it("publishes a record on the bypass channel at every start", async () => {
    const seen: unknown[] = []
    const note = (record: unknown): unknown => seen.push(record)
    subscribe("tenant-failsafe:bypass", note)
    const shop = await open({ unfiltered })
    await shop.dataSource.destroy()
    await shop.dataSource.initialize()
    unsubscribe("tenant-failsafe:bypass", note)

    const record = {
      event: "tenant_bypass",
      v: 1,
      kind: "unfiltered",
      relation: "Customer.addresses",
      reason: "support staff reads all of it",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as unknown,
    }
    expect(seen).toStrictEqual([record, record])
  })
})
