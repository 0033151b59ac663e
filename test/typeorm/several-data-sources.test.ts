import { Column, Entity, JoinColumn, ManyToOne, OneToMany, PrimaryColumn } from "typeorm"
import { afterEach, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { idsOf, openLab, type Lab, type LabOptions } from "./support/lab.ts"
import { seedShop, shopEntities, type Customer, type Lazy } from "./support/shop.ts"

const opened: Lab[] = []

afterEach(async () => {
  for (const lab of opened.splice(0)) await lab.close()
})

// One set of entities for all DataSources.
const shared = shopEntities()
const lazyShared = shopEntities({ lazy: true })

async function open(options: LabOptions, entities = shared): Promise<Lab> {
  const lab = await openLab(Object.values(entities), options)
  opened.push(lab)
  await seedShop(lab.database)
  return lab
}

function customers({ dataSource }: Lab) {
  return dataSource.getRepository<Customer>("Customer")
}

const loads: Record<string, (lab: Lab) => Promise<unknown[]>> = {
  join: (lab) => customers(lab).find({ relations: { addresses: true, tags: true, profile: true } }),
  query: (lab) =>
    customers(lab).find({ relations: { addresses: true, tags: true, profile: true }, relationLoadStrategy: "query" }),
  pages: (lab) => customers(lab).find({ relations: { addresses: { orders: true } }, take: 2, skip: 0 }),
  ids: (lab) => customers(lab).find({ loadRelationIds: true }),
  selection: (lab) =>
    customers(lab).find({ select: { id: true, addresses: { id: true } }, relations: { addresses: true } }),
  async save(lab) {
    const found = await customers(lab).find({ relations: { addresses: true, tags: true } })
    found[0]!.addresses.pop()
    return customers(lab).save(found)
  },
  loadMany: (lab) =>
    lab.dataSource.createQueryBuilder().relation("Customer", "addresses").of(1).loadMany() as Promise<unknown[]>,
}

describe("several DataSources of the same entities", () => {
  it("are each guarded by their own options, or not at all, at the same time", async () => {
    const dropping = await open({})
    const reporting = await open({ failsafe: { onLeak: "report" } })
    const plain = await open({ failsafe: null })
    const other = await open({ failsafe: { entities: { Address: "id" } } })
    const ids = async (lab: Lab) =>
      idsOf((await customers(lab).findOneOrFail({ where: { id: 1 }, relations: { addresses: true } })).addresses)

    const { result } = await collectLeaks(() =>
      withTenant(1, () => Promise.all([dropping, reporting, plain, other, plain, dropping].map(ids))),
    )

    expect(result).toEqual([[1, 3], [1, 2, 3, 4], [1, 2, 3, 4], [1], [1, 2, 3, 4], [1, 3]])
  })

  it("keep their lazy relations apart", async () => {
    const guarded = await open({}, lazyShared)
    const plain = await open({ failsafe: null }, lazyShared)
    const ids = async (lab: Lab) => {
      const ada = await customers(lab).findOneByOrFail({ id: 1 })
      return idsOf(await (ada as unknown as Lazy<Customer, "addresses">).addresses)
    }

    const { result } = await collectLeaks(() => withTenant(1, () => Promise.all([guarded, plain, guarded].map(ids))))

    expect(result).toEqual([
      [1, 3],
      [1, 2, 3, 4],
      [1, 3],
    ])
  })

  it("keep classes with decorators apart as well", async () => {
    @Entity()
    class Shelf {
      @PrimaryColumn({ type: "int" }) id!: number
      @OneToMany(() => Book, (book) => book.shelf) books!: Book[]
    }
    @Entity()
    class Book {
      @PrimaryColumn({ type: "int" }) id!: number
      @Column({ type: "int", name: "merchant_id" }) merchantId!: number
      @ManyToOne(() => Shelf, (shelf) => shelf.books)
      @JoinColumn({ name: "shelf_id" })
      shelf!: Shelf
    }
    const labs = [await openLab([Shelf, Book]), await openLab([Shelf, Book], { failsafe: null })]
    opened.push(...labs)
    for (const { database } of labs) {
      await database.sql("insert into shelf (id) values (1)")
      await database.sql("insert into book (id, merchant_id, shelf_id) values (1, 1, 1), (2, 2, 1)")
    }

    const { result } = await collectLeaks(() =>
      withTenant(1, () =>
        Promise.all(labs.map(({ dataSource }) => dataSource.getRepository(Shelf).find({ relations: { books: true } }))),
      ),
    )

    expect(result.map(([shelf]) => idsOf(shelf!.books))).toEqual([[1], [1, 2]])
  })

  it("stay guarded when another one is destroyed", async () => {
    const first = await open({})
    const second = await open({})
    await second.dataSource.destroy()

    const { leaks } = await collectLeaks(() => withTenant(1, () => loads["join"]!(first)))

    expect(leaks.map(({ what }) => what)).toEqual(["dropped", "dropped", "reference"])
  })
})

describe("a DataSource without the failsafe", () => {
  it.each(Object.keys(loads))(
    "sends the same SQL and brings the same as if there were no other, by %s",
    async (name) => {
      const alone = await open({ failsafe: null })
      const expected = await loads[name]!(alone)
      const statements = alone.queries.splice(0)
      const guarded = await open({})
      const plain = await open({ failsafe: null })

      const { result, leaks } = await collectLeaks(() =>
        withTenant(1, async () => {
          const [, loaded] = await Promise.all([loads[name]!(guarded), loads[name]!(plain)])
          return loaded
        }),
      )

      expect(result).toEqual(expected)
      expect(plain.queries).toEqual(statements)
      expect(leaks.every(({ orm }) => orm === "typeorm")).toBe(true)
      expect(guarded.queries.join("\n")).not.toBe("")
    },
  )

  it.each(["find", "findOne", "save"] as const)("needs no scope for %s", async (method) => {
    await open({})
    const plain = await open({ failsafe: null })

    const { leaks } = await collectLeaks(async () => {
      const found = await customers(plain).find({ relations: { addresses: true } })
      if (method === "findOne") await customers(plain).findOne({ where: { id: 1 }, relations: { tags: true } })
      if (method === "save") await customers(plain).save(found)
    })

    expect(leaks).toEqual([])
  })
})
