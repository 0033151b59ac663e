import { defineEntity, MikroORM, p } from "@mikro-orm/core"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { databaseKinds, openDatabase, type TestDatabase } from "./databases.ts"

const Customer = defineEntity({
  name: "Customer",
  properties: {
    id: p.integer().primary(),
    name: p.string(),
    since: p.datetime(),
    addresses: () => p.oneToMany(Address).mappedBy("customer"),
  },
})

const Address = defineEntity({
  name: "Address",
  properties: {
    id: p.integer().primary(),
    city: p.string(),
    customer: () => p.manyToOne(Customer),
  },
})

describe.each(databaseKinds)("openDatabase(%j)", (kind) => {
  let database: TestDatabase
  let orm: MikroORM

  beforeEach(async () => {
    database = await openDatabase(kind)
    orm = await MikroORM.init({ ...database.ormConfig(), entities: [Customer, Address] })
    await orm.schema.create()
  })

  afterEach(async () => {
    await orm?.close()
    await database?.close()
  })

  async function insertAda(): Promise<void> {
    const em = orm.em.fork()
    const customer = em.create(Customer, { id: 1, name: "Ada", since: new Date("2026-01-02T03:04:05Z") })
    em.create(Address, { id: 10, city: "Paris", customer })
    em.create(Address, { id: 11, city: "Oslo", customer })
    await em.flush()
  }

  it("gives the ORM a database in which it finds again what it wrote", async () => {
    await insertAda()

    const ada = await orm.em.fork().findOneOrFail(Customer, 1, { populate: ["addresses"] })

    expect(ada.since).toEqual(new Date("2026-01-02T03:04:05Z"))
    expect(ada.addresses.getItems().map((address) => address.city)).toEqual(["Paris", "Oslo"])
  })

  it("shows the ORM's rows to plain SQL", async () => {
    await insertAda()

    const rows = await database.sql("select id, city, customer_id from address where city = $1", ["Oslo"])

    expect(rows).toStrictEqual([{ id: 11, city: "Oslo", customer_id: 1 }])
  })

  it("shows the rows of plain SQL to the ORM", async () => {
    await insertAda()

    await database.sql("insert into address (id, city, customer_id) values ($1, $2, $3)", [12, "Rome", 1])

    expect(await orm.em.fork().count(Address)).toBe(3)
  })

  it("runs as many statements as it was given, or none", async () => {
    await expect(database.sql("select 1; select 2")).rejects.toThrow(
      "One statement per call, please: select 1; select 2",
    )
  })

  it("is empty each time it is opened", async () => {
    await insertAda()
    const other = await openDatabase(kind)

    await expect(other.sql("select * from customer")).rejects.toThrow(/customer/)

    await other.close()
  })

  if (kind === "sqlite") {
    it("shows plain SQL only what the ORM has committed", async () => {
      await insertAda()

      await orm.em.fork().transactional(async (em) => {
        await em.nativeUpdate(Customer, 1, { name: "Grace" })
        expect(await database.sql("select name from customer")).toEqual([{ name: "Ada" }])
      })

      expect(await database.sql("select name from customer")).toEqual([{ name: "Grace" }])
    })
  } else {
    it("tells by xmin which rows a transaction has written", async () => {
      await insertAda()
      const before = await database.sql("select id, xmin::text from address order by id")

      await orm.em.fork().nativeUpdate(Address, 10, { city: "Lyon" })

      const after = await database.sql("select id, xmin::text from address order by id")
      expect(after[0]?.["xmin"]).not.toBe(before[0]?.["xmin"])
      expect(after[1]).toEqual(before[1])
    })
  }
})
