import type { DataSource } from "typeorm"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { currentTenant, withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { all, countOf, customers, lazyLoad, loads, own, tenants, writeCrowd, type Load } from "./support/graph-crowd.ts"
import type { Entity } from "./support/graph-held.ts"
import { openGraphShop, type GraphShop } from "./support/graph-shop.ts"

let shop: GraphShop
let plain: DataSource
let lazy: DataSource
let vanilla: DataSource

beforeAll(async () => {
  shop = await openGraphShop("postgresql")
  await writeCrowd(shop.database)
  const options = { extra: { max: 4 } }
  plain = await shop.open("guarded", "plain", options)
  lazy = await shop.open("guarded", "lazy", options)
  vanilla = await shop.open("vanilla", "plain", options)
})

afterAll(() => shop?.close())

interface Way {
  readonly load: Load
  readonly dataSource: () => DataSource
  readonly isGuarded: boolean
}

const ways: readonly Way[] = [
  ...Object.values(loads).map((load) => ({ load, dataSource: () => plain, isGuarded: true })),
  { load: lazyLoad, dataSource: () => lazy, isGuarded: true },
  { load: loads["find, joined"]!, dataSource: () => vanilla, isGuarded: false },
  { load: loads["find, a query per relation"]!, dataSource: () => vanilla, isGuarded: false },
]

describe("650 interleaved requests of three tenants on pools of four connections", () => {
  it("see exactly their own rows, and get exactly their own records, in whatever order they finish", async () => {
    const requests = Array.from({ length: 650 }, (_, index) => ({
      way: ways[index % ways.length]!,
      tenant: tenants[index % tenants.length]!,
      customer: customers[(index * 3) % customers.length]!,
      gate: Promise.withResolvers<void>(),
      arrived: Promise.withResolvers<void>(),
    }))

    const answers = requests.map(({ way, tenant, customer, gate, arrived }) =>
      collectLeaks(() =>
        withTenant(tenant, async () => {
          const seen = await way.load(way.dataSource(), customer)
          arrived.resolve()
          await gate.promise
          return { seen, again: await way.load(way.dataSource(), next(customer)), tenant: currentTenant() }
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
      const { tenant, customer, way } = requests[index]!
      const shown = (id: number): number[] => (way.isGuarded ? own(id, tenant) : all(id))
      expect(result).toEqual({ seen: shown(customer), again: shown(next(customer)), tenant })
      expect(leaks.map(({ what, loaded, dropped }) => [what, loaded, dropped])).toEqual(
        way.isGuarded ? [customer, next(customer)].map((id) => ["dropped", ...tallyOf(id, tenant)]) : [],
      )
    }
  })

  it("await lazy relations later, when others are in between, and see their own rows", async () => {
    const requests = Array.from({ length: 300 }, (_, index) => ({
      tenant: tenants[index % tenants.length]!,
      customer: customers[(index * 5) % customers.length]!,
      gate: Promise.withResolvers<void>(),
      arrived: Promise.withResolvers<void>(),
    }))

    const answers = requests.map(({ tenant, customer, gate, arrived }) =>
      collectLeaks(() =>
        withTenant(tenant, async () => {
          const found = await lazy.manager.findOneByOrFail<Entity>("Customer", { id: customer })
          arrived.resolve()
          await gate.promise
          return (await (found["notes"] as Promise<Entity[]>)).map(({ id }) => id!).toSorted((a, b) => a - b)
        }),
      ),
    )
    await Promise.all(requests.map(({ arrived }) => arrived.promise))
    for (const { gate } of requests.toReversed()) gate.resolve()
    const finished = await Promise.all(answers)

    for (const [index, { result, leaks }] of finished.entries()) {
      const { tenant, customer } = requests[index]!
      expect(result).toEqual(own(customer, tenant))
      expect(leaks.map(({ loaded, dropped }) => [loaded, dropped])).toEqual([tallyOf(customer, tenant)])
    }
  })

  it("let a request that waits in the middle of a transaction finish with its own rows, after all others", async () => {
    const gate = Promise.withResolvers<void>()
    const inside = Promise.withResolvers<void>()
    const slow = collectLeaks(() =>
      withTenant(1, () =>
        lazy.transaction(async (manager) => {
          const found = await manager.findOneByOrFail<Entity>("Customer", { id: 1 })
          inside.resolve()
          await gate.promise
          return (await (found["notes"] as Promise<Entity[]>)).map(({ id }) => id!).toSorted((a, b) => a - b)
        }),
      ),
    )
    await inside.promise

    const others = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        withTenant((index % 2) + 2, () => collectLeaks(() => lazyLoad(lazy, 1))),
      ),
    )
    gate.resolve()
    const { result, leaks } = await slow

    expect(others.map((other) => other.result)).toEqual(others.map((_, index) => own(1, (index % 2) + 2)))
    expect(result).toEqual(own(1, 1))
    expect(leaks.map(({ loaded, dropped }) => [loaded, dropped])).toEqual([tallyOf(1, 1)])
  })
})

function next(customer: number): number {
  return (customer % customers.length) + 1
}

/** Rows that were examined, and dropped. */
function tallyOf(customer: number, tenant: number): [loaded: number, dropped: number] {
  return [all(customer).length, all(customer).length - countOf(customer, tenant)]
}
