import { afterEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { essenceOf, idsOf, type LabOptions } from "./support/lab.ts"
import { openShop, type Address, type Shop } from "./support/shop.ts"

let shop: Shop

afterEach(() => shop.close())

async function open(options: LabOptions = {}): Promise<void> {
  shop = await openShop(options)
}

function customers() {
  return shop.dataSource.getRepository(shop.Customer).createQueryBuilder("c")
}

const place = { owner: "Customer", relation: "addresses", child: "Address", column: "merchantId" }

describe("joins", () => {
  it("of several relations lose no own row of their product, and count each row once", async () => {
    await open()
    const load = () =>
      customers()
        .leftJoinAndSelect("c.addresses", "a")
        .leftJoinAndSelect("c.tags", "t")
        .leftJoinAndSelect("a.orders", "o")
        .leftJoinAndSelect("c.profile", "p")
        .orderBy({ "c.id": "ASC", "a.id": "DESC", "t.id": "DESC" })
        .getMany()

    const { result, leaks } = await collectLeaks(() => withTenant(1, load))

    expect(result.map((row) => [row.id, row.addresses.map(({ id }) => id), row.tags.map(({ id }) => id)])).toEqual([
      [1, [3, 1], [3, 1]],
      [2, [5], []],
    ])
    expect(result[0]!.addresses.map(({ orders }) => idsOf(orders))).toEqual([[], [2]])
    expect(leaks.map(({ what, relation, loaded, rows }) => [what, relation, loaded, rows])).toEqual([
      ["dropped", "addresses", 6, 3],
      ["dropped", "tags", 4, 2],
      ["reference", "profile", 1, 1],
    ])
  })

  it("of one relation under two aliases are both judged", async () => {
    await open()

    const { result } = await collectLeaks(() =>
      withTenant(1, () =>
        customers()
          .leftJoinAndMapMany("c.early", "c.addresses", "a1", "a1.id < 3")
          .leftJoinAndMapMany("c.late", "c.addresses", "a2", "a2.id >= 3")
          .where("c.id = 1")
          .getOneOrFail(),
      ),
    )

    const mapped = result as unknown as { early: Address[]; late: Address[] }
    expect([idsOf(mapped.early), idsOf(mapped.late)]).toEqual([[1], [3]])
  })

  it("of one relation under two aliases put what TypeORM puts on the entity, less the foreign rows", async () => {
    await open()
    const load = () =>
      customers()
        .leftJoinAndSelect("c.addresses", "a1")
        .leftJoinAndSelect("c.addresses", "a2", "a2.id > 2")
        .where("c.id = 1")
        .getOneOrFail()
    const vanilla = await withoutTenant("arrange", load)

    const { result } = await collectLeaks(() => withTenant(1, load))

    // TypeORM puts the one array's members into the other.
    expect(idsOf(vanilla.addresses)).toEqual([3, 3, 4, 4])
    expect(idsOf(result.addresses)).toEqual([3, 3])
  })

  it("take the rows below a foreign row in the middle with it, and report the middle alone", async () => {
    await open()
    await shop.database.sql("update purchase set deliver_to_id = 4 where id = 1")
    const load = () =>
      customers()
        .leftJoinAndSelect("c.addresses", "a")
        .leftJoinAndSelect("a.orders", "o")
        .where("c.id = 1")
        .getOneOrFail()

    const { result, leaks } = await collectLeaks(() => withTenant(1, load))

    expect(result.addresses.map(({ id, orders }) => [id, idsOf(orders)])).toEqual([
      [1, [2]],
      [3, []],
    ])
    expect(leaks.map(essenceOf)).toStrictEqual([
      { what: "dropped", ...place, loaded: 4, rows: 2, dropped: 2, strategy: "join" },
    ])
  })

  it("report what is foreign on each of two levels", async () => {
    await open()
    await shop.database.sql("update purchase set deliver_to_id = 1 where id = 3")

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, () =>
        shop.dataSource.getRepository(shop.Customer).find({
          where: { id: 1 },
          relations: { addresses: { orders: true } },
          order: { id: "ASC", addresses: { id: "ASC" } },
        }),
      ),
    )

    expect(result[0]!.addresses.map(({ orders }) => idsOf(orders))).toEqual([[2], []])
    expect(leaks.map(({ relation, loaded, rows }) => [relation, loaded, rows])).toEqual([
      ["addresses", 4, 2],
      ["orders", 2, 1],
    ])
  })

  it.each(["leftJoinAndMapOne", "innerJoinAndMapOne"] as const)(
    "by %s of a to-many relation report its row as a reference and keep it",
    async (method) => {
      await open()

      const { result, leaks } = await collectLeaks(() =>
        withTenant(1, () =>
          customers()[method]("c.home", "c.addresses", "a", "a.id = 2").where("c.id = 1").getOneOrFail(),
        ),
      )

      expect((result as unknown as { home: Address }).home.street).toBe("foreign 2")
      expect(leaks.map(essenceOf)).toStrictEqual([
        { what: "reference", ...place, loaded: 1, rows: 1, dropped: 0, strategy: "join" },
      ])
    },
  )

  it("of a subquery that is mapped as an entity are judged", async () => {
    await open()

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, () =>
        customers()
          .leftJoinAndMapOne(
            "c.home",
            (query) =>
              query
                .select([
                  "x.id AS id",
                  "x.street AS street",
                  "x.merchant_id AS merchant_id",
                  "x.customer_id AS customer_id",
                ])
                .from("Address", "x"),
            "a",
            "a.customer_id = c.id AND a.id = 2",
            {},
            "Address",
          )
          .where("c.id = 1")
          .getOneOrFail(),
      ),
    )

    expect((result as unknown as { home: Address }).home.street).toBe("foreign 2")
    expect(leaks.map(essenceOf)).toStrictEqual([
      { what: "reference", ...place, relation: "home", loaded: 1, rows: 1, dropped: 0, strategy: "join" },
    ])
  })

  it("that are not selected are not judged", async () => {
    await open({ failsafe: { onLeak: "throw" } })

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, () => customers().leftJoin("c.addresses", "a").where("a.merchant_id = 2").getMany()),
    )

    expect(idsOf(result)).toEqual([1, 2])
    expect(leaks).toEqual([])
  })

  it("below a relation that is not selected put nothing on the entity, and nothing is judged", async () => {
    await open({ failsafe: { onLeak: "throw" } })

    const { result } = await collectLeaks(() =>
      withTenant(1, () => customers().leftJoin("c.addresses", "a").leftJoinAndSelect("a.orders", "o").getMany()),
    )

    expect(JSON.parse(JSON.stringify(result))).toEqual([
      { id: 1, name: "Ada" },
      { id: 2, name: "Bob" },
    ])
  })

  it("of a relation to itself are judged, by a join and by a query", async () => {
    await open()
    const load = (strategy: "join" | "query") =>
      shop.dataSource.getRepository(shop.Address).find({
        where: { id: 1 },
        relations: { customer: { addresses: { customer: { addresses: true } } } },
        relationLoadStrategy: strategy,
      })

    for (const strategy of ["join", "query"] as const) {
      const { result } = await collectLeaks(() => withTenant(1, () => load(strategy)))
      const first = result[0]!.customer!
      expect(idsOf(first.addresses)).toEqual([1, 3])
      expect(first.addresses.map(({ customer }) => idsOf(customer!.addresses))).toEqual([
        [1, 3],
        [1, 3],
      ])
    }
  })

  it("under alias names longer than the database takes are judged", async () => {
    await open({ kind: "postgresql" })
    const long = `addresses_${"of_the_customer_".repeat(4)}`

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, () => customers().leftJoinAndSelect("c.addresses", long).where("c.id = 1").getOneOrFail()),
    )

    expect(idsOf(result.addresses)).toEqual([1, 3])
    expect(leaks).toHaveLength(1)
  })

  it("under alias names with upper case and blanks are judged", async () => {
    await open({ kind: "postgresql" })

    const { result } = await collectLeaks(() =>
      withTenant(1, () =>
        customers().leftJoinAndSelect("c.addresses", "Ada's Places").where("c.id = 1").getOneOrFail(),
      ),
    )

    expect(idsOf(result.addresses)).toEqual([1, 3])
  })
})
