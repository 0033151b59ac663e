import type { DataSource, SelectQueryBuilder } from "typeorm"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { all, countOf, idsOf, own, tenants, writeCrowd } from "./support/graph-crowd.ts"
import { childrenOf, type Entity } from "./support/graph-held.ts"
import { openGraphShop, type GraphShop } from "./support/graph-shop.ts"

// Several tenants use one query builder, one entity or one promise at the same time.

let shop: GraphShop
let plain: DataSource
let lazy: DataSource

beforeAll(async () => {
  shop = await openGraphShop("postgresql")
  plain = await shop.open("guarded", "plain", { extra: { max: 4 } })
  lazy = await shop.open("guarded", "lazy", { extra: { max: 4 } })
})

beforeEach(() => writeCrowd(shop.database))

afterAll(() => shop?.close())

/** Many times each tenant, at the same time. */
const crowd = Array.from({ length: 60 }, (_, index) => tenants[index % tenants.length]!)

const dropped = (tenant: number): number => all(1).length - countOf(1, tenant)

describe("one query builder that several tenants run at the same time", () => {
  const builders: Record<string, () => SelectQueryBuilder<Entity>> = {
    "a join": () => ada().leftJoinAndSelect("c.notes", "notes"),
    "a page": () => ada().leftJoinAndSelect("c.notes", "notes").take(5),
    "a partial select": () => ada().select("c.id").leftJoin("c.notes", "notes").addSelect("notes.id"),
    "relation ids": () => ada().loadRelationIdAndMap("c.notes", "c.notes"),
    "find options": () => ada().setFindOptions({ relations: { notes: true }, relationLoadStrategy: "query" }),
  }

  function ada(): SelectQueryBuilder<Entity> {
    return plain.manager.createQueryBuilder<Entity>("Customer", "c").where("c.id = 1")
  }

  async function read(builder: SelectQueryBuilder<Entity>): Promise<number[]> {
    const notes = (await builder.getMany())[0]!["notes"] as readonly (Entity | number)[]
    return idsOf(notes.map((note) => (typeof note === "number" ? { id: note } : note)))
  }

  it.each(Object.entries(builders))("shows each of them its own rows and records: %s", async (_, build) => {
    const builder = build()

    const answers = await Promise.all(
      crowd.map((tenant) => collectLeaks(() => withTenant(tenant, () => read(builder)))),
    )

    expect(answers.map(({ result }) => result)).toEqual(crowd.map((tenant) => own(1, tenant)))
    expect(answers.map(({ leaks }) => leaks.map((leak) => leak.dropped))).toEqual(
      crowd.map((tenant) => [dropped(tenant)]),
    )
  })

  it("shows each of them its own rows when one of them looks past the failsafe", async () => {
    const builder = builders["a join"]!()

    const { result } = await collectLeaks(() =>
      Promise.all(
        crowd.map((tenant, index) =>
          index % 2 === 0
            ? withoutTenant("support desk", () => read(builder))
            : withTenant(tenant, () => read(builder)),
        ),
      ),
    )

    expect(result).toEqual(crowd.map((tenant, index) => (index % 2 === 0 ? all(1) : own(1, tenant))))
  })

  it("never shows one of them the rows of all, whatever becomes of the others", async () => {
    const builder = builders["a join"]!()

    const { result } = await collectLeaks(() =>
      Promise.allSettled(crowd.map((tenant) => withTenant(tenant, () => read(builder)))),
    )

    const seen = result.map((answer, index) => (answer.status === "fulfilled" ? answer.value : own(1, crowd[index]!)))
    expect(seen).toEqual(crowd.map((tenant) => own(1, tenant)))
  })

  it.each(Object.entries(builders))("shows each of them its own rows, one after the other: %s", async (_, build) => {
    const builder = build()

    const { result } = await collectLeaks(async () => [
      await withTenant(1, () => read(builder)),
      await withTenant(2, () => read(builder)),
      await withoutTenant("support desk", () => read(builder)),
      await withTenant(1, () => read(builder)),
    ])

    expect(result).toEqual([own(1, 1), own(1, 2), all(1), own(1, 1)])
  })

  it("asks for nothing more the second time", async () => {
    const queries: string[] = []
    const logger = { ...silent, logQuery: (query: string) => queries.push(query) }
    const logged = await shop.open("guarded", "plain", { logging: ["query"], logger })
    const builder = logged.manager
      .createQueryBuilder<Entity>("Customer", "c")
      .leftJoinAndSelect("c.purchases", "purchases")
      .loadRelationIdAndMap("c.notes", "c.notes")
    const run = async (): Promise<string[]> => {
      queries.length = 0
      await collectLeaks(() => withTenant(1, () => builder.getMany()))
      return [...queries]
    }

    const first = await run()

    expect(first).not.toEqual([])
    expect(await run()).toEqual(first)
  })
})

const silent = {
  logQuery() {},
  logQueryError() {},
  logQuerySlow() {},
  logSchemaBuild() {},
  logMigration() {},
  log() {},
}

describe("one entity that several tenants hold at the same time", () => {
  const load = (dataSource: DataSource): Promise<Entity> =>
    withoutTenant("a cache of customers", () => dataSource.manager.findOneByOrFail<Entity>("Customer", { id: 1 }))

  it("loads for each of them its own rows with loadMany()", async () => {
    const shared = await load(plain)

    const answers = await Promise.all(
      crowd.map((tenant) =>
        collectLeaks(() =>
          withTenant(tenant, async () =>
            idsOf(await plain.createQueryBuilder().relation("Customer", "notes").of(shared).loadMany<Entity>()),
          ),
        ),
      ),
    )

    expect(answers.map(({ result }) => result)).toEqual(crowd.map((tenant) => own(1, tenant)))
    expect(answers.map(({ leaks }) => leaks.map((leak) => leak.dropped))).toEqual(
      crowd.map((tenant) => [dropped(tenant)]),
    )
  })

  it("loses no row of any of them when all save it, whoever loaded it", async () => {
    for (const dataSource of [plain, lazy]) {
      const { result: shared } = await collectLeaks(() =>
        withTenant(1, () =>
          dataSource.manager.findOneOrFail<Entity>("Customer", { where: { id: 1 }, relations: { notes: true } }),
        ),
      )
      const before = await shop.database.sql("select *, xmin::text from note order by id")

      await collectLeaks(() =>
        Promise.all(crowd.map((tenant) => withTenant(tenant, () => dataSource.manager.save("Customer", shared)))),
      )

      expect(await shop.database.sql("select *, xmin::text from note order by id")).toEqual(before)
    }
  })

  it("loses no row of any of them when each loads and saves a part of its own", async () => {
    const shared = await load(plain)
    const before = await shop.database.sql("select *, xmin::text from note order by id")

    await collectLeaks(() =>
      Promise.all(
        crowd.map((tenant) =>
          withTenant(tenant, async () => {
            const notes = await plain.createQueryBuilder().relation("Customer", "notes").of(shared).loadMany<Entity>()
            await plain.manager.save("Customer", { ...shared, notes })
          }),
        ),
      ),
    )

    expect(await shop.database.sql("select *, xmin::text from note order by id")).toEqual(before)
  })

  it("applies the edits of each of them, and no others, when all edit and save at the same time", async () => {
    const { result: loaded } = await collectLeaks(() =>
      Promise.all(
        tenants.map((tenant) =>
          withTenant(tenant, () =>
            plain.manager.findOneOrFail<Entity>("Customer", { where: { id: 1 }, relations: { notes: true } }),
          ),
        ),
      ),
    )

    await collectLeaks(() =>
      Promise.all(
        tenants.map((tenant, index) => {
          const customer = loaded[index]!
          customer["notes"] = childrenOf(customer, "notes")!.slice(1)
          return withTenant(tenant, () => plain.manager.save("Customer", customer))
        }),
      ),
    )

    const notes = await shop.database.sql("select id from note where customer_id = 1 order by id")
    expect(notes.map(({ id }) => id)).toEqual(tenants.flatMap((tenant) => own(1, tenant).slice(1)))
  })
})
