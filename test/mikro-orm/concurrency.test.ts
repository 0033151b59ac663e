import { afterEach, describe, expect, it } from "vitest"
import { currentTenant, withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { idsOf, openShop, strategies, type Shop } from "./support/shop.ts"

let shop: Shop

afterEach(() => shop.close())

const tenants = [1, 2, 3, 4, 5]
const customers = [1, 2, 3, 4, 5, 6, 7, 8]

/** How many rows of one relation of a customer belong to a tenant. Each pair differs, so that a mixed-up record shows. */
function countOf(customer: number, tenant: number): number {
  return ((customer * 3 + tenant * 5) % 7) + 1
}

function addressId(customer: number, tenant: number, index: number): number {
  return customer * 1000 + tenant * 100 + index
}

function own(customer: number, tenant: number): number[] {
  return Array.from({ length: countOf(customer, tenant) }, (_, index) => addressId(customer, tenant, index))
}

function totalOf(customer: number): number {
  return tenants.reduce((sum, tenant) => sum + countOf(customer, tenant), 0)
}

async function open(kind: "postgresql" | "sqlite"): Promise<void> {
  shop = await openShop(kind, { config: { pool: { min: 0, max: 4 } } })
  const values = customers.flatMap((customer) =>
    tenants.flatMap((tenant) => own(customer, tenant).map((id) => `(${id}, 's', ${tenant}, ${customer})`)),
  )
  await shop.database.sql(`insert into customer (id, name) values ${customers.map((id) => `(${id}, 'c')`).join(", ")}`)
  await shop.database.sql(`insert into address (id, street, merchant_id, customer_id) values ${values.join(", ")}`)
}

type Em = ReturnType<Shop["fork"]>
type Load = (em: Em, customer: number) => Promise<number[]>

const find =
  (strategy: (typeof strategies)[number]): Load =>
  async (em, id) => {
    const customer = await em.findOneOrFail(shop.Customer, { id }, { populate: ["addresses"], strategy })
    return idsOf(customer.addresses)
  }

// Each loads the addresses of one customer, and nothing else, once.
const loads: Record<string, Load> = {
  joined: find("joined"),
  "select-in": find("select-in"),
  balanced: find("balanced"),
  async init(em, id) {
    const customer = await em.findOneOrFail(shop.Customer, { id })
    return idsOf(await customer.addresses.loadItems())
  },
  async partial(em, id) {
    const customer = await em.findOneOrFail(shop.Customer, { id }, { fields: ["name", "addresses.street"] })
    return idsOf(customer.addresses)
  },
  async queryBuilder(em, id) {
    const builder = em.createQueryBuilder(shop.Customer, "c").select("*").leftJoinAndSelect("c.addresses", "a")
    return idsOf((await builder.where({ id }).getSingleResult())!.addresses)
  },
  transactional: (em, id) => em.transactional(async (inner) => await find("select-in")(inner, id)),
}

const streaming: Load = async (em, id) => {
  const seen: number[] = []
  for await (const customer of em.stream(shop.Customer, { where: { id }, populate: ["addresses"] })) {
    seen.push(...idsOf(customer.addresses))
  }
  return seen
}

describe.each(["postgresql", "sqlite"] as const)("600 interleaved requests of five tenants on %s", (kind) => {
  it("see exactly their own rows, and get exactly their own records, in whatever order they finish", async () => {
    await open(kind)
    const ways = Object.entries(kind === "postgresql" ? { ...loads, streaming } : loads)
    const requests = Array.from({ length: 600 }, (_, index) => ({
      way: ways[index % ways.length]!,
      tenant: tenants[index % tenants.length]!,
      customer: customers[(index * 3) % customers.length]!,
      gate: Promise.withResolvers<void>(),
      arrived: Promise.withResolvers<void>(),
    }))

    const answers = requests.map(({ way: [name, load], tenant, customer, gate, arrived }) =>
      collectLeaks(() =>
        withTenant(tenant, async () => {
          const seen = await load(shop.fork(), customer)
          arrived.resolve()
          await gate.promise
          const next = (customer % customers.length) + 1
          return { name, seen, again: await load(shop.fork(), next), tenant: currentTenant() }
        }),
      ),
    )
    await Promise.all(requests.map(({ arrived }, index) => Promise.race([arrived.promise, answers[index]])))
    // Every request is in the middle now. The first one finishes last, the others in an order of their own.
    const order = requests.map((_, index) => (index * 7) % requests.length).filter((index) => index !== 0)
    for (const index of order) {
      requests[index]!.gate.resolve()
      if (index % 50 === 1) await answers[index]
    }
    await Promise.all(answers.slice(1))
    requests[0]!.gate.resolve()
    const finished = await Promise.all(answers)

    expect(new Set([0, ...order]).size).toBe(requests.length)
    for (const [index, { result, leaks }] of finished.entries()) {
      const { tenant, customer } = requests[index]!
      const next = (customer % customers.length) + 1
      expect(result).toEqual({ name: result.name, seen: own(customer, tenant), again: own(next, tenant), tenant })
      expect(leaks.map(({ what, relation, loaded, dropped }) => ({ what, relation, loaded, dropped }))).toEqual(
        [customer, next].map((id) => ({
          what: "dropped",
          relation: "addresses",
          loaded: totalOf(id),
          dropped: totalOf(id) - countOf(id, tenant),
        })),
      )
    }
  })
})

it("is a test that plain MikroORM fails: every request sees the rows of all tenants", async () => {
  await open("sqlite")
  const rows = "insert into address (id, street, merchant_id, customer_id) values (1, 's', 1, 1), (2, 's', 2, 1)"
  const plain = await openShop("sqlite", { failsafe: null })
  await plain.database.sql("insert into customer (id, name) values (1, 'c')")
  await plain.database.sql(rows)

  const customer = await withTenant(1, () =>
    plain.fork().findOneOrFail(plain.Customer, { id: 1 }, { populate: ["addresses"] }),
  )

  expect(idsOf(customer.addresses)).toEqual([1, 2])
  await plain.close()
})

it("lets a request that waits in the middle of a transaction finish with its own rows, after all others", async () => {
  await open("postgresql")
  const gate = Promise.withResolvers<void>()
  const inside = Promise.withResolvers<void>()
  const slow = collectLeaks(() =>
    withTenant(1, () =>
      shop.fork().transactional(async (em) => {
        const customer = await em.findOneOrFail(shop.Customer, { id: 1 })
        inside.resolve()
        await gate.promise
        await customer.addresses.init()
        return idsOf(customer.addresses)
      }),
    ),
  )
  await inside.promise

  const others = await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      withTenant((index % 4) + 2, () => collectLeaks(() => loads["joined"]!(shop.fork(), 1))),
    ),
  )
  gate.resolve()
  const { result, leaks } = await slow

  expect(others.map((other) => other.result)).toEqual(others.map((_, index) => own(1, (index % 4) + 2)))
  expect(result).toEqual(own(1, 1))
  expect(leaks.map(({ loaded, dropped }) => [loaded, dropped])).toEqual([[totalOf(1), totalOf(1) - countOf(1, 1)]])
})
