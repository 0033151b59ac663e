import { subscribe, unsubscribe } from "node:diagnostics_channel"
import { inspect } from "node:util"
import { afterEach, describe, expect, it, vi } from "vitest"
import { TenantFailsafeError, withoutTenant, withTenant, withTenants } from "../../src/index.ts"
import { collectLeaks, expectNoLeaks } from "../../src/testing/index.ts"
import type { FailsafeOptions } from "../../src/typeorm/index.ts"
import { openShop, type Customer, type Lazy, type Shop } from "./support/shop.ts"

// Values that occur nowhere else: each of them would be found in any text that holds it.
const own = 918_273_645
const other = 827_364_554
const secrets = [
  own,
  other,
  700_000_001,
  700_000_002,
  700_000_003,
  700_000_004,
  "SECRET-STREET",
  "SECRET-NAME",
  "SECRET-LABEL",
]

const shops: Shop[] = []

afterEach(async () => {
  vi.restoreAllMocks()
  for (const shop of shops.splice(0)) await shop.close()
})

async function open(failsafe: Partial<FailsafeOptions>, lazy = false): Promise<Shop> {
  const shop = await openShop({ failsafe, lazy })
  shops.push(shop)
  const { sql } = shop.database
  for (const table of ["customer_tag", "purchase", "profile", "tag", "address", "customer"])
    await sql(`delete from ${table}`)
  await sql("insert into customer (id, name) values (700000001, 'SECRET-NAME')")
  await sql(
    "insert into address (id, street, merchant_id, customer_id) values (700000002, 'SECRET-STREET', $1, 700000001), " +
      "(700000003, 'SECRET-STREET', $2, 700000001)",
    [own, other],
  )
  await sql("insert into tag (id, label, merchant_id) values (700000004, 'SECRET-LABEL', $1)", [other])
  await sql("insert into customer_tag (customer_id, tag_id) values (700000001, 700000004)")
  await sql("insert into purchase (id, number, merchant_id, deliver_to_id) values (1, 'A', $1, 700000003)", [own])
  return shop
}

/** Everything that a guard can say: loads of every kind, in every scope, and the refusals that they throw. */
async function sayEverything(shop: Shop, lazy: Shop): Promise<string[]> {
  const said: string[] = []
  const { dataSource, Customer, Address, Order } = shop
  const relations = { addresses: true, tags: true, profile: true } as const
  const loads: (() => Promise<unknown>)[] = [
    () => dataSource.getRepository(Customer).find({ relations }),
    () => dataSource.getRepository(Customer).find({ relations, relationLoadStrategy: "query" }),
    () => dataSource.getRepository(Customer).find({ loadRelationIds: true }),
    () => dataSource.getRepository(Customer).find({ relations, select: { name: true, addresses: { street: true } } }),
    () => dataSource.getRepository(Address).find(),
    () => dataSource.getRepository(Address).find({ select: { street: true } }),
    () => dataSource.getRepository(Order).find({ relations: { deliverTo: true } }),
    () => dataSource.createQueryBuilder().relation("Customer", "addresses").of(700_000_001).loadMany(),
    async () => dataSource.getRepository(Customer).save(await dataSource.getRepository(Customer).find({ relations })),
    async () =>
      dataSource.getRepository(Customer).save({ id: 700_000_001, name: "SECRET-NAME", addresses: [], tags: [] }),
    async () => {
      const customer = await lazy.dataSource.getRepository(lazy.Customer).findOneByOrFail({ id: 700_000_001 })
      return (customer as unknown as Lazy<Customer, "addresses">).addresses
    },
  ]
  const scopes = [
    (run: () => unknown) => run(),
    (run: () => unknown) => withTenant(own, run),
    (run: () => unknown) => withTenants([own, 1], "group report", run),
  ]
  for (const scope of scopes) {
    for (const load of loads) {
      try {
        await scope(load)
      } catch (error) {
        if (!(error instanceof TenantFailsafeError)) throw error
        said.push(inspect(error, { depth: 10 }), JSON.stringify(error.details))
      }
    }
  }
  await expectNoLeaks(() => withTenant(own, loads[0]!)).catch((error: unknown) =>
    said.push(inspect(error, { depth: 10 })),
  )
  return said
}

const policies: Record<string, Partial<FailsafeOptions>> = {
  "the default policy": {},
  "the roll-out policy": { onLeak: "report", noTenant: "report" },
  "the strictest policy": {
    onLeak: "throw",
    noTenant: "throw",
    onUnknown: "throw",
    references: "throw",
    roots: "throw",
  },
  "an unfiltered relation": { unfiltered: { "Customer.tags": "labels are read by staff" } },
}

describe.each(Object.keys(policies))("under %s", (name) => {
  it("no record, line on stderr or error holds a row's content, a key, a tenant id or an absolute path", async () => {
    const said: string[] = []
    const collect = (message: unknown): unknown => said.push(JSON.stringify(message))
    for (const channel of ["tenant-failsafe:leak", "tenant-failsafe:bypass"]) subscribe(channel, collect)
    vi.spyOn(process.stderr, "write").mockImplementation((line) => said.push(String(line)) > 0)
    const shop = await open(policies[name]!)
    const lazy = await open(policies[name]!, true)

    const errors = await sayEverything(shop, lazy)
    const { leaks } = await collectLeaks(() =>
      withTenant(own, () =>
        shop.dataSource
          .getRepository(shop.Address)
          .find()
          .catch(() => undefined),
      ),
    )
    for (const channel of ["tenant-failsafe:leak", "tenant-failsafe:bypass"]) unsubscribe(channel, collect)
    said.push(JSON.stringify(leaks))

    expect(said.length).toBeGreaterThan(10)
    // An error's stack names files; the rest of it must not.
    const texts = [...said, ...errors.map((text) => text.replaceAll(/^\s+at .*$/gm, ""))]
    for (const secret of secrets) expect(texts.filter((text) => text.includes(String(secret)))).toEqual([])
    expect(said.filter((text) => text.includes(process.cwd()) || text.includes("file://"))).toEqual([])
  })
})

it("is a test that finds a secret where there is one", async () => {
  const shop = await open({})

  const [customer] = await withoutTenant("audit", () =>
    shop.dataSource.getRepository(shop.Customer).find({ relations: { addresses: true, tags: true } }),
  )

  const text = JSON.stringify(customer)
  expect(secrets.filter((secret) => !text.includes(String(secret)))).toEqual([])
})
