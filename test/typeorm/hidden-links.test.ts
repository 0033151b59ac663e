import { DataSource, EntitySchema, type EntityManager } from "typeorm"
import { afterEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant } from "../../src/index.ts"
import { rowSecurity } from "../../src/postgres/index.ts"
import { withTenantSession } from "../../src/postgres/typeorm/index.ts"
import { tenantModel, withFailsafe } from "../../src/typeorm/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { openLab, type Lab } from "../postgres/support/lab.ts"

type OrmSessionOptions = Parameters<typeof withTenantSession>[1]

interface Customer {
  id: number
  merchantId: number | null
  tags: { id: number }[]
}

interface Address {
  id: number
  merchantId: number
  customer: { id: number }
}

const id = { type: "int", primary: true } as const
const merchantId = { type: "int", name: "merchant_id" } as const
const Customer = new EntitySchema<Customer>({
  name: "Customer",
  columns: { id, merchantId: { ...merchantId, nullable: true } },
  relations: {
    tags: {
      type: "many-to-many",
      target: "Tag",
      joinTable: {
        name: "customer_tag",
        joinColumn: { name: "customer_id" },
        inverseJoinColumn: { name: "tag_id" },
      },
    },
  },
})
const Tag = new EntitySchema<{ id: number; merchantId: number }>({ name: "Tag", columns: { id, merchantId } })
const Address = new EntitySchema<Address>({
  name: "Address",
  columns: { id, merchantId },
  relations: {
    customer: { type: "many-to-one", target: "Customer", joinColumn: { name: "customer_id" }, nullable: false },
  },
})
const Note = new EntitySchema<{ id: number; address: { id: number } }>({
  name: "Note",
  columns: { id },
  relations: {
    address: { type: "many-to-one", target: "Address", joinColumn: { name: "address_id" }, nullable: false },
  },
})

const Region = new EntitySchema<{ id: number }>({ name: "Region", columns: { id } })
const Shop = new EntitySchema<{ id: number; merchantId: number; region: { id: number } }>({
  name: "Shop",
  columns: { id, merchantId },
  relations: {
    region: { type: "many-to-one", target: "Region", joinColumn: { name: "region_id" }, onDelete: "CASCADE" },
  },
})
const Street = new EntitySchema<{ id: number }>({ name: "Street", columns: { id } })
const House = new EntitySchema<{ id: number; merchantId: number; street: { id: number } }>({
  name: "House",
  columns: { id, merchantId },
  relations: { street: { type: "many-to-one", target: "Street", joinColumn: { name: "street_id" } } },
})

const guard = { tenantProperty: "merchantId", entities: { Note: "address.merchantId" } }
const entities = [Customer, Tag, Address, Note, Region, Shop, Street, House]
const opened: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close()
})

/** Merchant 1 has the rows 1, merchant 2 the rows 2; customer 3 is shared. No policy is on notes: the guard is alone with them. */
async function openShop(
  session: OrmSessionOptions = {},
  writes: "throw" | "report" = "throw",
): Promise<{ lab: Lab; manager: EntityManager; links(): Promise<unknown> }> {
  const lab: Lab = await openLab("postgresql")
  opened.push(() => lab.close())
  const owner = withFailsafe(
    new DataSource({ ...lab.database.dataSourceOptions(), entities, synchronize: true }),
    guard,
  )
  await owner.initialize()
  const { up } = rowSecurity(tenantModel(owner), { form: "exists", entities: { Note: { security: "disable" } } })
  await owner.destroy()
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
  ])
  await lab.grant()
  const plain = new DataSource({ type: "postgres", url: lab.appUrl!, entities })
  const source = await withTenantSession(withFailsafe(plain, { ...guard, writes }), session).initialize()
  opened.push(() => source.destroy())
  const links = async (): Promise<unknown> => {
    const { rows } = await lab.admin.query(`
      select 'address ' || id || ' -> ' || customer_id as link from address union all
      select 'note ' || id || ' -> ' || address_id from note union all
      select 'tag ' || customer_id || ' -> ' || tag_id from customer_tag order by 1`)
    return rows.map(({ link }) => link)
  }
  return { lab, manager: source.manager, links }
}

const before = ["address 1 -> 1", "address 2 -> 2", "note 1 -> 1"]

type Write = (manager: EntityManager, target: number) => Promise<unknown>

const newAddress = (target: number) => ({ id: 9, merchantId: 1, customer: { id: target } })

const writes: readonly (readonly [way: string, write: Write, link: string])[] = [
  ["save of a new row", (manager, target) => manager.save(Address, newAddress(target)), "address 9 -> "],
  [
    "save of a changed one",
    async (manager, target) => {
      const address = await manager.findOneByOrFail(Address, { id: 1 })
      address.customer = { id: target }
      await manager.save(Address, address)
    },
    "address 1 -> ",
  ],
  [
    "save in a transaction",
    (manager, target) => manager.transaction((inner) => inner.save(Address, newAddress(target))),
    "address 9 -> ",
  ],
  ["insert", (manager, target) => manager.insert(Address, newAddress(target)), "address 9 -> "],
  ["update", (manager, target) => manager.update(Address, { id: 1 }, { customer: { id: target } }), "address 1 -> "],
  ["upsert of a new row", (manager, target) => manager.upsert(Address, newAddress(target), ["id"]), "address 9 -> "],
  [
    "upsert of a stored one",
    (manager, target) => manager.upsert(Address, { ...newAddress(target), id: 1 }, ["id"]),
    "address 1 -> ",
  ],
  [
    "`relation().of().set()`",
    (manager, target) => manager.createQueryBuilder().relation(Address, "customer").of(1).set(target),
    "address 1 -> ",
  ],
  [
    "save of a many-to-many relation",
    async (manager, target) => {
      const customer = await manager.findOneOrFail(Customer, { where: { id: 1 }, relations: { tags: true } })
      customer.tags.push({ id: target })
      await manager.save(Customer, customer)
    },
    "tag 1 -> ",
  ],
  [
    "`relation().of().add()`",
    (manager, target) => manager.createQueryBuilder().relation(Customer, "tags").of(1).add(target),
    "tag 1 -> ",
  ],
  [
    "save of a new row whose tenant the link tells",
    (manager, target) => manager.save(Note, { id: 9, address: { id: target } }),
    "note 9 -> ",
  ],
  ["insert of one", (manager, target) => manager.insert(Note, { id: 9, address: { id: target } }), "note 9 -> "],
  ["update of one", (manager, target) => manager.update(Note, { id: 1 }, { address: { id: target } }), "note 1 -> "],
  [
    "upsert of one",
    (manager, target) => manager.upsert(Note, { id: 1, address: { id: target } }, ["id"]),
    "note 1 -> ",
  ],
]

describe("a link to a row that row security hides", () => {
  it.each(writes)("is refused: %s", async (_, write) => {
    const { manager, links } = await openShop()

    const written = collectLeaks(() => withTenant(1, () => write(manager, 2)))

    await expect(written).rejects.toMatchObject({
      code: "WRITE_FOREIGN",
      message: expect.stringContaining("that row security does not show to the current tenant") as string,
    })
    expect(await links()).toEqual(before)
  })

  it.each(writes)("would be made where row security is not declared: %s", async (_, write, link) => {
    const { manager, links } = await openShop({ rowSecurity: "none" })

    await withTenant(1, () => write(manager, 2))

    expect(await links()).toContain(`${link}2`)
  })

  it.each(writes)("is no fault where the row is the tenant's own: %s", async (_, write, link) => {
    const { manager, links } = await openShop()

    const { leaks } = await collectLeaks(() => withTenant(1, () => write(manager, 1)))

    expect(leaks).toEqual([])
    expect(await links()).toContain(`${link}1`)
  })

  it("is no fault where the row is shared", async () => {
    const { manager, links } = await openShop()

    await withTenant(1, () => manager.save(Address, newAddress(3)))

    expect(await links()).toContain("address 9 -> 3")
  })

  it("is a record and is made, with writes: 'report'", async () => {
    const { manager, links } = await openShop({}, "report")

    const { leaks } = await collectLeaks(() => withTenant(1, () => manager.insert(Address, newAddress(2))))

    expect(leaks).toMatchObject([{ what: "write", owner: "Address", relation: "customer", rows: 1, strategy: "link" }])
    expect(await links()).toContain("address 9 -> 2")
  })

  it("is left to the database in withoutTenant, which has no tenant to write for", async () => {
    const { manager } = await openShop()

    const written = withoutTenant("an import", () => manager.insert(Address, newAddress(2)))

    await expect(written).rejects.toThrow("new row violates row-level security policy")
  })
})

describe("a row that is nobody's, on which row security may hide others", () => {
  const ways: readonly (readonly [
    way: string,
    remove: (manager: EntityManager, type: typeof Region) => Promise<unknown>,
  ])[] = [
    ["remove", async (manager, type) => manager.remove(type, await manager.findOneByOrFail(type, { id: 1 }))],
    ["delete", (manager, type) => manager.delete(type, { id: 1 })],
    ["a query builder", (manager, type) => manager.createQueryBuilder().delete().from(type).where("id = 1").execute()],
  ]
  const shops = async (lab: Lab) => (await lab.admin.query("select id from shop")).rows.length

  it.each(ways)("is not deleted where the database would delete them along: %s", async (_, remove) => {
    const { manager, lab } = await openShop()

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, () => remove(manager, Region)).catch((error: unknown) => error),
    )

    expect(result).toMatchObject({ code: "WRITE_FOREIGN", details: { unseen: ["Shop.region"] } })
    expect(leaks).toMatchObject([{ what: "write", owner: "Region", strategy: "delete", rows: 1 }])
    expect(await shops(lab)).toBe(1)
  })

  it.each(ways)("would take them along where row security is not declared: %s", async (_, remove) => {
    const { manager, lab } = await openShop({ rowSecurity: "none" })

    await withTenant(1, () => remove(manager, Region))

    expect(await shops(lab)).toBe(0)
  })

  it.each(ways)("is left to the database where that refuses: %s", async (_, remove) => {
    const { manager } = await openShop()

    await expect(withTenant(1, () => remove(manager, Street))).rejects.toThrow("foreign key")
  })

  it("is deleted with all in withoutTenant", async () => {
    const { manager, lab } = await openShop()

    await withoutTenant("the region was closed", () => manager.delete(Region, { id: 1 }))

    expect(await shops(lab)).toBe(0)
  })
})
