import { defineEntity, MikroORM, p } from "@mikro-orm/postgresql"
import { afterEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant } from "../../../src/index.ts"
import { tenantModel, withFailsafe } from "../../../src/mikro-orm/index.ts"
import { rowSecurity } from "../../../src/postgres/index.ts"
import { withTenantSession, type OrmSessionOptions } from "../../../src/postgres/mikro-orm/index.ts"
import { collectLeaks } from "../../../src/testing/index.ts"
import { openLab, type Lab } from "../support/lab.ts"

const Customer = defineEntity({
  name: "Customer",
  properties: {
    id: p.integer().primary(),
    merchantId: p.integer().nullable(),
    tags: () => p.manyToMany(Tag).pivotTable("customer_tag"),
  },
})
const Tag = defineEntity({ name: "Tag", properties: { id: p.integer().primary(), merchantId: p.integer() } })
const Address = defineEntity({
  name: "Address",
  properties: {
    id: p.integer().primary(),
    merchantId: p.integer(),
    customer: () => p.manyToOne(Customer),
  },
})
const Note = defineEntity({
  name: "Note",
  properties: { id: p.integer().primary(), address: () => p.manyToOne(Address) },
})

const Memo = defineEntity({
  name: "Memo",
  properties: { id: p.integer().primary(), text: p.string(), address: () => p.manyToOne(Address).nullable() },
})

const Region = defineEntity({ name: "Region", properties: { id: p.integer().primary() } })
const Shop = defineEntity({
  name: "Shop",
  properties: {
    id: p.integer().primary(),
    merchantId: p.integer(),
    region: () => p.manyToOne(Region).deleteRule("cascade"),
  },
})
const Street = defineEntity({ name: "Street", properties: { id: p.integer().primary() } })
const House = defineEntity({
  name: "House",
  properties: { id: p.integer().primary(), merchantId: p.integer(), street: () => p.manyToOne(Street) },
})

const guard = { tenantProperty: "merchantId", entities: { Note: "address.merchantId", Memo: "address.merchantId" } }
const entities = [Customer, Tag, Address, Note, Memo, Region, Shop, Street, House]
const opened: { close(): Promise<unknown> }[] = []

afterEach(async () => {
  for (const resource of opened.splice(0).toReversed()) await resource.close()
})

/** Merchant 1 has the rows 1, merchant 2 the rows 2; customer 3 is shared. No policy is on notes and memos: the guard is alone with them. */
async function openShop(
  session?: OrmSessionOptions,
  writes: "throw" | "report" = "throw",
): Promise<{ lab: Lab; orm: MikroORM; links(): Promise<unknown> }> {
  const lab = await openLab("postgresql")
  opened.push(lab)
  const owner = await MikroORM.init(withFailsafe({ ...lab.database.ormConfig(), entities }, guard) as never)
  await owner.schema.create()
  const { up } = rowSecurity(tenantModel(owner), {
    form: "exists",
    entities: { Note: { security: "disable" }, Memo: { security: "disable" } },
  })
  await owner.close()
  await lab.apply([
    ...up,
    "insert into customer values (1, 1), (2, 2), (3, null)",
    "insert into tag values (1, 1), (2, 2)",
    "insert into address values (1, 1, 1), (2, 2, 2)",
    "insert into note values (1, 1)",
    "insert into region values (1), (2)",
    "insert into shop values (1, 2, 1)",
    "insert into street values (1), (2)",
    "insert into house values (1, 2, 1)",
    "insert into memo values (1, 'own', 1), (2, 'other', 2), (3, 'shared', null)",
  ])
  await lab.grant()
  const config = withFailsafe({ entities, clientUrl: lab.appUrl! }, { ...guard, writes })
  const orm = await MikroORM.init(withTenantSession(config, session))
  opened.push(orm)
  return {
    lab,
    orm,
    links: async () =>
      (
        await lab.admin.query(`
          select 'address ' || id || ' -> ' || customer_id as link from address union all
          select 'note ' || id || ' -> ' || address_id from note union all
          select 'tag ' || customer_id || ' -> ' || tag_id from customer_tag order by 1`)
      ).rows.map(({ link }) => link),
  }
}

const before = ["address 1 -> 1", "address 2 -> 2", "note 1 -> 1"]

type Write = (em: MikroORM["em"], target: number) => Promise<unknown>

const writes: readonly (readonly [way: string, write: Write, link: string])[] = [
  [
    "a flush of a new row",
    async (em, target) => {
      em.create(Address, { id: 9, merchantId: 1, customer: target })
      await em.flush()
    },
    "address 9 -> ",
  ],
  [
    "a flush of a changed one",
    async (em, target) => {
      const address = await em.findOneOrFail(Address, 1)
      address.customer = em.getReference(Customer, target)
      await em.flush()
    },
    "address 1 -> ",
  ],
  ["em.insert", (em, target) => em.insert(Address, { id: 9, merchantId: 1, customer: target }), "address 9 -> "],
  [
    "em.insertMany",
    (em, target) => em.insertMany(Address, [{ id: 9, merchantId: 1, customer: target }]),
    "address 9 -> ",
  ],
  ["em.nativeUpdate", (em, target) => em.nativeUpdate(Address, { id: 1 }, { customer: target }), "address 1 -> "],
  [
    "em.upsert of a new row",
    (em, target) => em.upsert(Address, { id: 9, merchantId: 1, customer: target }),
    "address 9 -> ",
  ],
  [
    "em.upsert of a stored one",
    (em, target) => em.upsert(Address, { id: 1, merchantId: 1, customer: target }),
    "address 1 -> ",
  ],
  [
    "a query builder's insert",
    (em, target) => em.createQueryBuilder(Address).insert({ id: 9, merchantId: 1, customer: target }).execute(),
    "address 9 -> ",
  ],
  [
    "a query builder's update",
    (em, target) => em.createQueryBuilder(Address).update({ customer: target }).where({ id: 1 }).execute(),
    "address 1 -> ",
  ],
  [
    "a transaction",
    (em, target) =>
      em.transactional((inner) => {
        inner.create(Address, { id: 9, merchantId: 1, customer: target })
      }),
    "address 9 -> ",
  ],
  [
    "a many-to-many collection",
    async (em, target) => {
      const customer = await em.findOneOrFail(Customer, 1, { populate: ["tags"] })
      customer.tags.add(em.getReference(Tag, target))
      await em.flush()
    },
    "tag 1 -> ",
  ],
  [
    "a new row whose tenant the link tells",
    async (em, target) => {
      em.create(Note, { id: 9, address: target })
      await em.flush()
    },
    "note 9 -> ",
  ],
  ["em.insert of one", (em, target) => em.insert(Note, { id: 9, address: target }), "note 9 -> "],
  ["em.upsert of one", (em, target) => em.upsert(Note, { id: 1, address: target }), "note 1 -> "],
  ["em.nativeUpdate of one", (em, target) => em.nativeUpdate(Note, { id: 1 }, { address: target }), "note 1 -> "],
]

describe("a link to a row that row security hides", () => {
  it.each(writes)("is refused: %s", async (_, write) => {
    const { orm, links } = await openShop()

    const written = collectLeaks(() => withTenant(1, () => write(orm.em.fork(), 2)))

    await expect(written).rejects.toMatchObject({
      code: "WRITE_FOREIGN",
      message: expect.stringContaining("that row security does not show to the current tenant") as string,
    })
    expect(await links()).toEqual(before)
  })

  it.each(writes)("would be made where row security is not declared: %s", async (_, write, link) => {
    const { orm, links } = await openShop({ rowSecurity: "none" })

    await withTenant(1, () => write(orm.em.fork(), 2))

    expect(await links()).toContain(`${link}2`)
  })

  it.each(writes)("is no fault where the row is the tenant's own: %s", async (_, write, link) => {
    const { orm, links } = await openShop()

    const { leaks } = await collectLeaks(() => withTenant(1, () => write(orm.em.fork(), 1)))

    expect(leaks).toEqual([])
    expect(await links()).toContain(`${link}1`)
  })

  it("is no fault where the row is shared, or new as well", async () => {
    const { orm, links } = await openShop()

    await withTenant(1, async () => {
      const em = orm.em.fork()
      em.create(Address, { id: 8, merchantId: 1, customer: 3 })
      em.create(Address, { id: 9, merchantId: 1, customer: em.create(Customer, { id: 9, merchantId: 1 }) })
      await em.flush()
    })

    expect(await links()).toEqual([...before, "address 8 -> 3", "address 9 -> 9"].toSorted())
  })

  it("is no fault where the row was inserted by SQL in the same transaction", async () => {
    const { orm, links } = await openShop()

    await withTenant(1, () =>
      orm.em.fork().transactional(async (em) => {
        await em.execute("insert into customer values (7, 1)")
        em.create(Address, { id: 9, merchantId: 1, customer: 7 })
        await em.flush()
      }),
    )

    expect(await links()).toContain("address 9 -> 7")
  })

  it("is refused where there is no such row at all", async () => {
    const { orm } = await openShop()

    const written = collectLeaks(() =>
      withTenant(1, () => orm.em.fork().insert(Address, { id: 9, merchantId: 1, customer: 99 })),
    )

    await expect(written).rejects.toMatchObject({ code: "WRITE_FOREIGN" })
  })

  it("is a record and is made, with writes: 'report'", async () => {
    const { orm, links } = await openShop({}, "report")

    const { leaks } = await collectLeaks(() =>
      withTenant(1, () => orm.em.fork().insert(Address, { id: 9, merchantId: 1, customer: 2 })),
    )

    expect(leaks).toMatchObject([{ what: "write", owner: "Address", relation: "customer", rows: 1, strategy: "link" }])
    expect(await links()).toContain("address 9 -> 2")
  })

  it("is left to the database in withoutTenant, which has no tenant to write for", async () => {
    const { orm } = await openShop()

    const written = withoutTenant("an import", () =>
      orm.em.fork().insert(Address, { id: 9, merchantId: 1, customer: 2 }),
    )

    await expect(written).rejects.toThrow("new row violates row-level security policy")
  })
})

describe("a row whose tenant row security hides", () => {
  async function change(id: number) {
    const { orm, lab } = await openShop()
    const em = orm.em.fork()
    const written = collectLeaks(() =>
      withTenant(1, () => {
        em.getReference(Memo, id).text = "changed"
        return em.flush()
      }),
    )
    const error: unknown = await written.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    const rows = await lab.admin.query("select text from memo where id = $1", [id])
    return [(error as { code?: string } | undefined)?.code, rows.rows[0]!["text"]]
  }

  it("is not taken for a shared one, which may be written", async () => {
    expect(await change(2)).toEqual(["TENANT_UNKNOWN", "other"])
  })

  it.each([1, 3])("is told from own and shared ones: %i", async (id) => {
    expect(await change(id)).toEqual([undefined, "changed"])
  })
})

describe("a row that is nobody's, on which row security may hide others", () => {
  const ways: readonly (readonly [
    way: string,
    remove: (em: MikroORM["em"], type: typeof Region) => Promise<unknown>,
  ])[] = [
    ["em.remove", async (em, type) => em.remove(await em.findOneOrFail(type, 1)).flush()],
    ["em.nativeDelete", (em, type) => em.nativeDelete(type, { id: 1 })],
    ["a query builder", (em, type) => em.createQueryBuilder(type).delete({ id: 1 }).execute()],
  ]
  const shops = async (lab: Lab) => (await lab.admin.query("select id from shop")).rows.length

  it.each(ways)("is not deleted where the database would delete them along: %s", async (_, remove) => {
    const { orm, lab } = await openShop()

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, () => remove(orm.em.fork(), Region)).catch((error: unknown) => error),
    )

    expect(result).toMatchObject({ code: "WRITE_FOREIGN", details: { unseen: ["Shop.region"] } })
    expect(leaks).toMatchObject([{ what: "write", owner: "Region", strategy: "delete", rows: 1 }])
    expect(await shops(lab)).toBe(1)
  })

  it.each(ways)("would take them along where row security is not declared: %s", async (_, remove) => {
    const { orm, lab } = await openShop({ rowSecurity: "none" })

    await withTenant(1, () => remove(orm.em.fork(), Region))

    expect(await shops(lab)).toBe(0)
  })

  it.each(ways)("is left to the database where that refuses: %s", async (_, remove) => {
    const { orm } = await openShop()

    await expect(withTenant(1, () => remove(orm.em.fork(), Street as unknown as typeof Region))).rejects.toThrow(
      "foreign key",
    )
  })

  it("is deleted with all in withoutTenant", async () => {
    const { orm, lab } = await openShop()

    await withoutTenant("the region was closed", () => orm.em.fork().nativeDelete(Region, { id: 1 }))

    expect(await shops(lab)).toBe(0)
  })
})
