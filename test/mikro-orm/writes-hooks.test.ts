import type { EventArgs, EventSubscriber, FlushEventArgs } from "@mikro-orm/core"
import { afterEach, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { outcomeOf } from "./support/outcome.ts"
import { openShop, seedShop, type Shop } from "./support/shop.ts"

// Hooks run after the unit of work was judged, right before its change sets are sent.
let shop: Shop
afterEach(() => shop.close())

type Row = Record<string, unknown>

async function open(subscriber: EventSubscriber<Row>): Promise<void> {
  shop = await openShop("sqlite", { config: { subscribers: [subscriber] } })
  await seedShop(shop)
}

function stored(id: number): Promise<Row[]> {
  return shop.database.sql(`select street, merchant_id, customer_id from address where id = ${id}`)
}

it("refuses a row that beforeCreate gives to another tenant", async () => {
  await open({ beforeCreate: ({ entity }: EventArgs<Row>) => void (entity["merchantId"] = 2) })
  const em = shop.fork()
  em.create(shop.Address, { id: 50, street: "new" })

  const outcome = await outcomeOf(() => withTenant(1, () => em.flush()))

  expect([outcome, await stored(50)]).toEqual([["WRITE_FOREIGN", "Address insert 1"], []])
})

it("refuses a payload that beforeCreate gives to another tenant", async () => {
  await open({
    beforeCreate: ({ changeSet }: EventArgs<Row>) => void ((changeSet!.payload as Row)["merchantId"] = 2),
  })
  const em = shop.fork()
  em.create(shop.Address, { id: 50, street: "new" })

  const outcome = await outcomeOf(() => withTenant(1, () => em.flush()))

  expect([outcome, await stored(50)]).toEqual([["WRITE_FOREIGN", "Address insert 1"], []])
})

it("refuses a tenant that beforeUpdate changes", async () => {
  await open({ beforeUpdate: ({ entity }: EventArgs<Row>) => void (entity["merchantId"] = 2) })
  const em = shop.fork()

  const outcome = await outcomeOf(() =>
    withTenant(1, async () => {
      ;(await em.findOneOrFail(shop.Address, 1)).street = "changed"
      await em.flush()
    }),
  )

  expect([outcome, await stored(1)]).toEqual([
    ["TENANT_IMMUTABLE", "Address update 1"],
    [{ street: "own 1", merchant_id: 1, customer_id: 1 }],
  ])
})

it("refuses a link that beforeUpdate sets to a foreign row", async () => {
  await open({
    beforeUpdate: ({ em, entity }: EventArgs<Row>) =>
      void (entity["deliverTo"] = em.getReference(shop.Address, 4, { wrapped: true })),
  })
  const em = shop.fork()

  const outcome = await outcomeOf(() =>
    withTenant(1, async () => {
      ;(await em.findOneOrFail(shop.Order, 2)).number = "changed"
      await em.flush()
    }),
  )

  expect([outcome, await shop.database.sql("select deliver_to_id from purchase where id = 2")]).toEqual([
    ["WRITE_FOREIGN", "Order.deliverTo link 1"],
    [{ deliver_to_id: 1 }],
  ])
})

it("stamps the tenant again that beforeCreate takes away", async () => {
  await open({ beforeCreate: ({ entity }: EventArgs<Row>) => void (entity["merchantId"] = null) })
  const em = shop.fork()
  em.create(shop.Address, { id: 50, street: "new" })

  const outcome = await outcomeOf(() => withTenant(1, () => em.flush()))

  expect([outcome, await stored(50)]).toEqual([["done"], [{ street: "new", merchant_id: 1, customer_id: null }]])
})

it("refuses a change that a subscriber adds which was registered later", async () => {
  await open({})
  const em = shop.fork()
  const foreign = await withTenant(2, () => em.findOneOrFail(shop.Address, 2))
  em.getEventManager().registerSubscriber({
    onFlush({ uow }: FlushEventArgs) {
      foreign.street = "changed"
      uow.computeChangeSet(foreign)
    },
  })

  const outcome = await outcomeOf(() =>
    withTenant(1, async () => {
      ;(await em.findOneOrFail(shop.Address, 1)).street = "changed"
      await em.flush()
    }),
  )

  expect([outcome[0], await stored(1), await stored(2)]).toEqual([
    "WRITE_FOREIGN",
    [{ street: "own 1", merchant_id: 1, customer_id: 1 }],
    [{ street: "foreign 2", merchant_id: 2, customer_id: 1 }],
  ])
})

it("refuses a foreign row that a hook adds to a collection", async () => {
  await open({
    beforeUpdate({ em, entity }: EventArgs<Row>) {
      if (entity instanceof shop.orm.getMetadata(shop.Customer).class) {
        ;(entity["tags"] as { add(tag: object): void }).add(em.getReference(shop.Tag, 2))
      }
    },
  })
  const em = shop.fork()

  const outcome = await outcomeOf(() =>
    withTenant(1, async () => {
      const customer = await em.findOneOrFail(shop.Customer, 1, { populate: ["tags"] })
      customer.name = "changed"
      customer.tags.remove(customer.tags.getItems()[0]!)
      await em.flush()
    }),
  )

  expect([outcome, await shop.database.sql("select name from customer where id = 1")]).toEqual([
    ["WRITE_FOREIGN", "Customer.tags link 1"],
    [{ name: "Ada" }],
  ])
})

it("counts what was found before and again by a hook once, in the roll-out", async () => {
  shop = await openShop("sqlite", {
    failsafe: { writes: "report" },
    config: {
      subscribers: [{ beforeUpdate: ({ entity }: EventArgs<Row>) => void (entity["street"] = "by the hook") }],
    },
  })
  await seedShop(shop)
  const em = shop.fork()

  const outcome = await outcomeOf(() =>
    withTenant(1, async () => {
      ;(await em.findOneOrFail(shop.Address, 2)).street = "changed"
      await em.flush()
    }),
  )

  expect([outcome, await stored(2)]).toEqual([
    ["done", "Address update 1"],
    [{ street: "by the hook", merchant_id: 2, customer_id: 1 }],
  ])
})
