import { defineEntity, MikroORM, p, raw, sql, Type, type SqlEntityManager } from "@mikro-orm/sql"
import { afterEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant, withTenants } from "../../src/index.ts"
import { withFailsafe, type FailsafeOptions } from "../../src/mikro-orm/index.ts"
import { openDatabase, type DatabaseKind, type TestDatabase } from "../support/databases.ts"
import { outcomeOf } from "./support/outcome.ts"

type Row = Record<string, unknown>

let database: TestDatabase
let orm: MikroORM
afterEach(async () => {
  await orm.close()
  await database.close()
})

async function open(
  entities: readonly unknown[],
  options: Partial<FailsafeOptions> = {},
  config: object = {},
  kind: DatabaseKind = "sqlite",
): Promise<SqlEntityManager> {
  database = await openDatabase(kind)
  const plain = { ...database.ormConfig(), entities: [...entities] as never, ...config }
  orm = await MikroORM.init(withFailsafe(plain, { tenantProperty: "merchantId", ...options }) as never)
  await orm.schema.create()
  return orm.em.fork()
}

describe("a tenant in a notation of its own", () => {
  /** Stored as `M-1`, known as `1`. */
  class MerchantCode extends Type<number | null, string | null> {
    override convertToDatabaseValue = (value: number | null): string | null =>
      value === null || value === undefined ? null : `M-${value}`
    override convertToJSValue = (value: string | null): number | null =>
      typeof value === "string" ? Number(value.slice(2)) : value
    override getColumnType = (): string => "varchar(20)"
  }
  const entity = () =>
    defineEntity({
      name: "Parcel",
      properties: { id: p.integer().primary(), label: p.string(), merchantId: p.type(MerchantCode).nullable() },
    } as never) as unknown as new () => Row
  const seed = () =>
    database.sql("insert into parcel (id, label, merchant_id) values (1, 'own', 'M-1'), (2, 'foreign', 'M-2')")
  const labels = async () =>
    (await database.sql("select label, merchant_id from parcel order by id")).map((row) => Object.values(row).join(" "))

  it("is compared as the application knows it", async () => {
    const Parcel = entity()
    const em = await open([Parcel])
    await seed()
    const outcomes = await withTenant(1, async () => [
      await outcomeOf(async () => {
        ;(await em.findOneOrFail(Parcel, { id: 1 }))["label"] = "changed"
        await em.flush()
      }),
      await outcomeOf(async () => {
        em.getReference(Parcel, 2 as never)["label"] = "changed"
        await em.flush()
      }),
    ])
    expect([outcomes, await labels()]).toEqual([
      [["done"], ["WRITE_FOREIGN", "Parcel update 1"]],
      ["changed M-1", "foreign M-2"],
    ])
  })

  it("is stamped as the column takes it, whichever way a row is inserted", async () => {
    const Parcel = entity()
    const em = await open([Parcel])
    await withTenant(1, async () => {
      em.create(Parcel, { id: 1, label: "a" } as never)
      await em.flush()
      await em.insert(Parcel, { id: 2, label: "b" })
      await em.insertMany(Parcel, [{ id: 3, label: "c" }] as never)
      await em.upsert(Parcel, { id: 4, label: "d" })
      await em.createQueryBuilder(Parcel).insert({ id: 5, label: "e" }).execute()
    })
    expect(await labels()).toEqual(["a M-1", "b M-1", "c M-1", "d M-1", "e M-1"])
  })

  it("confines statements", async () => {
    const Parcel = entity()
    const em = await open([Parcel])
    await seed()
    await withTenant(1, async () => {
      await em.nativeUpdate(Parcel, {}, { label: "changed" } as never)
      await em
        .createQueryBuilder(Parcel)
        .delete()
        .where({ id: 2 } as never)
        .execute()
    })
    expect(await labels()).toEqual(["changed M-1", "foreign M-2"])
  })
})

describe("a tenant column that is not loaded with its row", () => {
  const entity = () =>
    defineEntity({
      name: "Parcel",
      properties: { id: p.integer().primary(), label: p.string(), merchantId: p.integer().nullable().lazy().ref() },
    } as never) as unknown as new () => Row

  it("is looked up, and stamped as a reference", async () => {
    const Parcel = entity()
    const em = await open([Parcel])
    await database.sql("insert into parcel (id, label, merchant_id) values (1, 'own', 1), (2, 'foreign', 2)")
    const outcomes = await withTenant(1, async () => [
      await outcomeOf(async () => {
        ;(await em.findOneOrFail(Parcel, { id: 2 }))["label"] = "changed"
        await em.flush()
      }),
      await outcomeOf(async () => {
        em.clear()
        ;(await em.findOneOrFail(Parcel, { id: 1 }))["label"] = "changed"
        em.create(Parcel, { id: 3, label: "new" } as never)
        await em.flush()
      }),
    ])
    expect([outcomes, await database.sql("select * from parcel order by id")]).toEqual([
      [["WRITE_FOREIGN", "Parcel update 1"], ["done"]],
      [
        { id: 1, label: "changed", merchant_id: 1 },
        { id: 2, label: "foreign", merchant_id: 2 },
        { id: 3, label: "new", merchant_id: 1 },
      ],
    ])
  })
})

describe("links that have a tenant of their own", () => {
  const entities = () => {
    const Customer = defineEntity({
      name: "Customer",
      properties: () => ({
        id: p.integer().primary(),
        groups: () => p.manyToMany(Group).pivotEntity(() => Membership),
      }),
    } as never) as never
    const Group = defineEntity({
      name: "Group",
      tableName: "grp",
      properties: { id: p.integer().primary() },
    } as never) as never
    const Membership = defineEntity({
      name: "Membership",
      properties: () => ({
        id: p.integer().primary().autoincrement(),
        customer: () => p.manyToOne(Customer),
        group: () => p.manyToOne(Group),
        merchantId: p.integer().nullable(),
      }),
    } as never) as never
    return { Customer, Group, Membership } as unknown as Record<"Customer" | "Group" | "Membership", new () => Row>
  }
  type Groups = { add(group: object): void; removeAll(): void; getItems(): object[] }
  const links = () =>
    database.sql("select customer_id, group_id, merchant_id from membership order by group_id, merchant_id")

  it("are made for the tenant of the scope", async () => {
    const { Customer, Group, Membership } = entities()
    const em = await open([Customer, Group, Membership])
    await database.sql("insert into customer (id) values (1)")
    await database.sql("insert into grp (id) values (1)")
    await withTenant(1, async () => {
      const customer = await em.findOneOrFail(Customer, { id: 1 }, { populate: ["groups"] } as never)
      ;(customer["groups"] as Groups).add(em.getReference(Group, 1 as never))
      await em.flush()
    })
    expect(await links()).toEqual([{ customer_id: 1, group_id: 1, merchant_id: 1 }])
  })

  it("are removed for the tenant of the scope only", async () => {
    const { Customer, Group, Membership } = entities()
    const em = await open([Customer, Group, Membership])
    await database.sql("insert into customer (id) values (1)")
    await database.sql("insert into grp (id) values (1)")
    await database.sql("insert into membership (customer_id, group_id, merchant_id) values (1, 1, 1), (1, 1, 2)")
    await withTenant(1, async () => {
      const customer = await em.findOneOrFail(Customer, { id: 1 }, { populate: ["groups"] } as never)
      ;(customer["groups"] as Groups).removeAll()
      await em.flush()
    })
    expect(await links()).toEqual([{ customer_id: 1, group_id: 1, merchant_id: 2 }])
  })
})

describe("derived entities with a table each", () => {
  const entities = () => {
    const Document = defineEntity({
      name: "Document",
      inheritance: "tpt",
      properties: { id: p.integer().primary(), label: p.string().nullable(), merchantId: p.integer().nullable() },
    } as never) as never
    const Invoice = defineEntity({
      name: "Invoice",
      extends: Document,
      properties: { amount: p.integer() },
    } as never) as never
    return { Document, Invoice } as unknown as Record<"Document" | "Invoice", new () => Row>
  }

  it("are stamped in the table that holds the tenant, and judged by it", async () => {
    const { Document, Invoice } = entities()
    const em = await open([Document, Invoice])
    const outcomes = await withTenant(1, async () => [
      await outcomeOf(async () => {
        em.create(Invoice, { id: 1, amount: 5 } as never)
        await em.flush()
      }),
      await outcomeOf(() => em.upsert(Invoice, { id: 2, amount: 6 })),
    ])
    await database.sql("insert into document (id, merchant_id) values (3, 2)")
    await database.sql("insert into invoice (id, amount) values (3, 7)")
    em.clear()
    outcomes.push(
      await outcomeOf(() =>
        withTenant(1, async () => {
          em.getReference(Invoice, 3 as never)["amount"] = 8
          await em.flush()
        }),
      ),
      await outcomeOf(() => withTenant(1, () => em.fork().upsert(Invoice, { id: 3, amount: 8 }))),
      await outcomeOf(() => withTenant(1, () => em.fork().nativeDelete(Document, {}))),
    )
    expect([
      outcomes,
      await database.sql("select d.id, merchant_id, amount from document d left join invoice i on i.id = d.id"),
    ]).toEqual([
      [
        ["done"],
        ["done"],
        ["WRITE_FOREIGN", "Invoice update 1"],
        ["WRITE_FOREIGN", "Invoice upsert 1"],
        [expect.stringMatching(/done|FOREIGN KEY/i)],
      ],
      expect.arrayContaining([{ id: 3, merchant_id: 2, amount: 7 }]),
    ])
  })
})

describe("a row that is taken for another derived entity", () => {
  it("is judged by what is stored under its key", async () => {
    const Vehicle = defineEntity({
      name: "Vehicle",
      discriminatorColumn: "kind",
      properties: { id: p.integer().primary(), kind: p.string(), merchantId: p.integer().nullable() },
    } as never) as never
    const Car = defineEntity({
      name: "Car",
      extends: Vehicle,
      discriminatorValue: "car",
      properties: {},
    } as never) as unknown as new () => Row
    const Truck = defineEntity({
      name: "Truck",
      extends: Vehicle,
      discriminatorValue: "truck",
      properties: {},
    } as never) as never
    const em = await open([Vehicle, Car, Truck])
    await database.sql("insert into vehicle (id, kind, merchant_id) values (1, 'truck', 2)")
    const outcome = await outcomeOf(() =>
      withTenant(1, async () => {
        em.remove(em.getReference(Car, 1 as never))
        await em.flush()
      }),
    )
    expect([outcome[0], await database.sql("select id from vehicle")]).toEqual(["WRITE_FOREIGN", [{ id: 1 }]])
  })
})

describe("keys", () => {
  it("that the database writes in another case are still found", async () => {
    const Parcel = defineEntity({
      name: "Parcel",
      properties: { id: p.uuid().primary(), label: p.string(), merchantId: p.integer().nullable() },
    } as never) as unknown as new () => Row
    const em = await open([Parcel], {}, {}, "postgresql")
    const id = "0b8d1e8e-3c52-4a43-9d0f-b6e1c7a2f402"
    await database.sql(`insert into parcel (id, label, merchant_id) values ('${id}', 'foreign', 2)`)
    const outcome = await outcomeOf(() =>
      withTenant(1, async () => {
        em.getReference(Parcel, id.toUpperCase() as never)["label"] = "changed"
        await em.flush()
      }),
    )
    expect([outcome, await database.sql("select label from parcel")]).toEqual([
      ["WRITE_FOREIGN", "Parcel update 1"],
      [{ label: "foreign" }],
    ])
  })

  it("that are too large for a number are told apart", async () => {
    const Parcel = defineEntity({
      name: "Parcel",
      properties: { id: p.bigint().primary(), label: p.string(), merchantId: p.bigint().nullable() },
    } as never) as unknown as new () => Row
    const em = await open([Parcel], {}, {}, "postgresql")
    await database.sql(
      "insert into parcel (id, label, merchant_id) values (9007199254740993, 'own', 9007199254740993), (9007199254740992, 'foreign', 9007199254740992)",
    )
    const outcomes = await withTenant(9007199254740993n, async () => [
      await outcomeOf(async () => {
        em.getReference(Parcel, 9007199254740993n as never)["label"] = "changed"
        await em.flush()
      }),
      await outcomeOf(async () => {
        em.getReference(Parcel, 9007199254740992n as never)["label"] = "changed"
        await em.flush()
      }),
    ])
    expect([outcomes.map(([outcome]) => outcome), await database.sql("select label from parcel order by id")]).toEqual([
      ["done", "WRITE_FOREIGN"],
      [{ label: "foreign" }, { label: "changed" }],
    ])
  })
})

describe("what only the database can tell", () => {
  const entity = () =>
    defineEntity({
      name: "Parcel",
      properties: { id: p.integer().primary(), label: p.string(), merchantId: p.integer().nullable() },
    } as never) as unknown as new () => Row

  it("is refused as a tenant", async () => {
    const Parcel = entity()
    const em = await open([Parcel])
    await database.sql("insert into parcel (id, label, merchant_id) values (1, 'own', 1)")
    const outcomes = await withTenant(1, async () => [
      await outcomeOf(() => em.fork().insert(Parcel, { id: 2, label: "a", merchantId: raw("1 + 1") })),
      await outcomeOf(() => em.fork().nativeUpdate(Parcel, { id: 1 }, { merchantId: raw("1 + 1") } as never)),
      await outcomeOf(async () => {
        const fork = em.fork()
        ;(await fork.findOneOrFail(Parcel, { id: 1 }))["merchantId"] = sql`1 + 1`
        await fork.flush()
      }),
    ])
    expect([outcomes.map(([outcome]) => outcome), await database.sql("select id, merchant_id from parcel")]).toEqual([
      ["WRITE_FOREIGN", "TENANT_IMMUTABLE", "TENANT_IMMUTABLE"],
      [{ id: 1, merchant_id: 1 }],
    ])
  })

  it("is refused as the rows of an INSERT … SELECT by a query builder, unless every tenant is meant", async () => {
    const Parcel = entity()
    const em = await open([Parcel])
    const copy = () =>
      em
        .createQueryBuilder(Parcel)
        .insertFrom(em.createQueryBuilder(Parcel).select([raw("7 as id"), "label", "merchantId"] as never), {
          columns: ["id", "label", "merchantId"],
        })
        .execute()
    expect([await outcomeOf(() => withTenant(1, copy)), await outcomeOf(() => withoutTenant("copy", copy))]).toEqual([
      ["TENANT_UNKNOWN", "Parcel insert 1"],
      ["done"],
    ])
  })

  it("is confined and judged where a statement is part of another one", async () => {
    const Parcel = entity()
    const em = await open([Parcel], {}, {}, "postgresql")
    await database.sql("insert into parcel (id, label, merchant_id) values (1, 'own', 1), (2, 'foreign', 2)")
    const within = (update: object) =>
      outcomeOf(() =>
        withTenant(1, async () => {
          const part = em
            .createQueryBuilder(Parcel)
            .update(update as never)
            .where({ id: [1, 2] } as never)
          await em
            .createQueryBuilder(Parcel)
            .select("id" as never)
            .with("part", part as never)
            .execute("all")
        }),
      )
    const outcomes = [await within({ label: "changed" }), await within({ merchantId: 2 })]
    expect([
      outcomes.map(([outcome]) => outcome),
      await database.sql("select label, merchant_id from parcel order by id"),
    ]).toEqual([
      ["done", "TENANT_IMMUTABLE"],
      [
        { label: "changed", merchant_id: 1 },
        { label: "foreign", merchant_id: 2 },
      ],
    ])
  })
})

describe("em.clone()", () => {
  const entity = () =>
    defineEntity({
      name: "Parcel",
      properties: { id: p.integer().primary().autoincrement(), label: p.string(), merchantId: p.integer().nullable() },
    } as never) as unknown as new () => Row

  it("copies own rows, stamps copies of shared ones, and refuses foreign ones", async () => {
    const Parcel = entity()
    const em = await open([Parcel])
    await database.sql(
      "insert into parcel (id, label, merchant_id) values (1, 'own', 1), (2, 'foreign', 2), (3, 'shared', null)",
    )
    const clone = (id: number, overrides = {}) => outcomeOf(() => em.fork().clone(Parcel, { id }, overrides as never))
    const outcomes = await withTenant(1, async () => [
      await clone(1),
      await clone(2),
      await clone(2, { merchantId: 1 }),
      await clone(3),
      await clone(1, { merchantId: 2 }),
    ])
    outcomes.push(await withTenants([1, 2], "test", () => clone(3)))
    expect([
      outcomes.map(([outcome]) => outcome),
      await database.sql("select label, merchant_id from parcel where id > 3 order by id"),
    ]).toEqual([
      ["done", "WRITE_FOREIGN", "WRITE_FOREIGN", "done", "WRITE_FOREIGN", "TENANT_AMBIGUOUS"],
      [
        { label: "own", merchant_id: 1 },
        { label: "shared", merchant_id: 1 },
      ],
    ])
  })
})
