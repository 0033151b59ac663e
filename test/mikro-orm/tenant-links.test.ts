import { defineEntity, MikroORM, p } from "@mikro-orm/core"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant, withTenants } from "../../src/index.ts"
import { withFailsafe, type FailsafeOptions } from "../../src/mikro-orm/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { openDatabase, type TestDatabase } from "../support/databases.ts"

// Customers and topics are everybody's; which customer is interested in which topic is each merchant's own knowledge.
const statements = [
  "create table customer (id int primary key)",
  "create table topic (id int primary key, title varchar(20) not null)",
  "create table interest (id int primary key, customer_id int not null, topic_id int not null, merchant_id int)",
  "insert into customer values (1), (2)",
  "insert into topic values (1, 'golf'), (2, 'tea'), (3, 'debt'), (4, 'news')",
  // Golf: both merchants say so. Tea: merchant 1. Debt: merchant 2. News: shared.
  "insert into interest values (1, 1, 1, 1), (2, 1, 1, 2), (3, 1, 2, 1), (4, 1, 3, 2), (5, 1, 4, null), (6, 2, 3, 1), (7, 2, 2, 2)",
]

let db: TestDatabase
let shop: Awaited<ReturnType<typeof openShop>>

async function openShop(options: Partial<FailsafeOptions> = {}) {
  const Customer = defineEntity({
    name: "Customer",
    properties: () => ({
      id: p.integer().primary(),
      topics: () => p.manyToMany(Topic).pivotEntity(() => Interest),
    }),
  })
  const Topic = defineEntity({
    name: "Topic",
    properties: () => ({
      id: p.integer().primary(),
      title: p.string(),
      customers: () => p.manyToMany(Customer).mappedBy("topics"),
    }),
  })
  const Interest = defineEntity({
    name: "Interest",
    properties: () => ({
      id: p.integer().primary(),
      customer: () => p.manyToOne(Customer),
      topic: () => p.manyToOne(Topic),
      merchantId: p.integer().nullable(),
    }),
  })
  const entities = [Customer, Topic, Interest]
  const config = withFailsafe({ entities, ...db.ormConfig() }, { tenantProperty: "merchantId", ...options })
  return { orm: await MikroORM.init(config), Customer, Topic }
}

const dump = () => db.sql(`select ${db.kind === "sqlite" ? "" : "xmin, "}interest.* from interest order by id`)

describe.each(["postgresql", "sqlite"] as const)("an m:n relation whose links are tenant-owned, on %s", (kind) => {
  beforeEach(async () => {
    db = await openDatabase(kind)
    for (const statement of statements) await db.sql(statement)
    shop = await openShop()
  })
  afterEach(async () => {
    await shop.orm.close()
    await db.close()
  })

  const load = {
    joined: () =>
      shop.orm.em.fork().find(shop.Customer, {}, { populate: ["topics"], strategy: "joined", orderBy: { id: 1 } }),
    "select-in": () =>
      shop.orm.em.fork().find(shop.Customer, {}, { populate: ["topics"], strategy: "select-in", orderBy: { id: 1 } }),
    init: async () => {
      const customers = await shop.orm.em.fork().find(shop.Customer, {}, { orderBy: { id: 1 } })
      for (const { topics } of customers) await topics.init()
      return customers
    },
    "the other side": async () => {
      const em = shop.orm.em.fork()
      const customers = await em.find(shop.Customer, {}, { populate: ["topics"], orderBy: { id: 1 } })
      await em.find(shop.Topic, {}, { populate: ["customers"] })
      return customers
    },
  }
  const ways = Object.keys(load) as (keyof typeof load)[]
  const titles = async (way: keyof typeof load) =>
    (await load[way]()).map(({ topics }) => topics.map(({ title }) => title).toSorted())

  it.each(ways)("shows what own and shared links lead to, loaded by %s", async (way) => {
    const { result } = await collectLeaks(() => withTenant(1, () => titles(way)))
    expect(result).toEqual([["golf", "news", "tea"], ["debt"]])
  })

  it.each(ways)("shows what any tenant of a set leads to, and everything in a bypass, loaded by %s", async (way) => {
    const everything = [
      ["debt", "golf", "news", "tea"],
      ["debt", "tea"],
    ]
    const { leaks } = await collectLeaks(async () => {
      expect(await withTenants([1, 2], "report", () => titles(way))).toEqual(everything)
      expect(await withoutTenant("report", () => titles(way))).toEqual(everything)
    })
    expect(leaks).toEqual([])
  })

  it("reports the links that it dropped, once per load", async () => {
    const { leaks } = await collectLeaks(() => withTenant(1, () => titles("select-in")))
    expect(
      leaks.map(({ what, owner, relation, child, column, loaded, dropped }) => [
        what,
        owner,
        relation,
        child,
        column,
        loaded,
        dropped,
      ]),
    ).toEqual([["dropped", "Customer", "topics", "Interest", "merchantId", 7, 2]])
  })

  it("counts and matches what own and shared links lead to", async () => {
    const seen = await withTenant(1, async () => {
      const grace = await shop.orm.em.fork().findOneOrFail(shop.Customer, 2)
      return [await grace.topics.loadCount(), (await grace.topics.matching({})).map(({ title }) => title)]
    })
    expect(seen).toEqual([1, ["debt"]])
  })

  it("writes no link when it is flushed afterwards", async () => {
    const before = await dump()
    await collectLeaks(() =>
      withTenant(1, async () => {
        const em = shop.orm.em.fork()
        await em.find(shop.Customer, {}, { populate: ["topics"] })
        await em.flush()
      }),
    )
    expect(await dump()).toEqual(before)
  })

  it("keeps them with onLeak: 'report'", async () => {
    await shop.orm.close()
    shop = await openShop({ onLeak: "report" })
    const { result, leaks } = await collectLeaks(() => withTenant(1, () => titles("joined")))
    expect(result).toEqual([
      ["debt", "golf", "news", "tea"],
      ["debt", "tea"],
    ])
    expect(leaks.map(({ what, rows, dropped }) => [what, rows, dropped])).toEqual([["kept", 2, 0]])
  })

  it("can be left alone on purpose", async () => {
    await shop.orm.close()
    shop = await openShop({ unfiltered: { "Customer.topics": "topics are no secret" } })
    const { result, leaks } = await collectLeaks(() => withTenant(1, () => titles("joined")))
    expect(result).toEqual([
      ["debt", "golf", "news", "tea"],
      ["debt", "tea"],
    ])
    expect(leaks).toEqual([])
  })
})
