import { EventEmitter, once } from "node:events"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { bindTenant, withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { rejectionOf, type Refusal } from "../core/support/refusal.ts"
import { idsOf, openShop, seedShop, type Shop } from "./support/shop.ts"

let shop: Shop
let orders: EventEmitter

beforeEach(async () => {
  shop = await openShop("sqlite")
  await seedShop(shop)
  orders = new EventEmitter()
})
afterEach(() => shop.close())

const file = "test/mikro-orm/scope-lost.test.ts"

/** Registers a listener as a request of tenant 1 would, which loads when an event arrives outside any scope. */
async function requestThatListens(em: ReturnType<Shop["fork"]>, bind: typeof bindTenant): Promise<void> {
  await withTenant(1, async () => {
    await em.findOneOrFail(shop.Customer, 1)
    orders.on(
      "order",
      bind(async function onOrder() {
        const loading = em.findOneOrFail(shop.Customer, 1, { populate: ["addresses"] })
        orders.emit(
          "loaded",
          await loading.then(
            ({ addresses }) => idsOf(addresses),
            () => rejectionOf(loading),
          ),
        )
      }),
    )
  })
}

async function answerToOrder(): Promise<unknown> {
  const loaded = once(orders, "loaded")
  setImmediate(() => orders.emit("order"))
  return (await collectLeaks(() => loaded)).result[0]
}

describe("a load in a listener that lost the request's scope", () => {
  it("names the listener, and where the scope was last seen", async () => {
    await requestThatListens(shop.fork(), (listener) => listener)

    const { message, details } = (await answerToOrder()) as Refusal

    expect(message).toMatch(
      /^Customer\.addresses was loaded outside any tenant scope, in .*onOrder \(test\/mikro-orm\/scope-lost\.test\.ts:\d+\), which node:events called from the code at test\/mikro-orm\/scope-lost\.test\.ts:\d+\. The scope was last seen at test\/mikro-orm\/scope-lost\.test\.ts:\d+ and lost in between; bindTenant\(fn\) keeps it in a callback\. Wrap the caller/,
    )
    expect(details).toMatchObject({
      entryPoint: expect.stringContaining(`${file}:`) as string,
      lastSeen: expect.stringContaining(`${file}:`) as string,
    })
  })

  it("says nothing of another request's EntityManager", async () => {
    await withTenant(1, () => shop.fork().findOneOrFail(shop.Customer, 1))
    const other = shop.fork()

    const { result } = await collectLeaks(() =>
      rejectionOf(other.findOneOrFail(shop.Customer, 1, { populate: ["addresses"] })),
    )

    expect(result.message).not.toContain("last seen")
    expect(result.details).not.toHaveProperty("lastSeen")
  })

  it("is what bindTenant prevents, as the error advises", async () => {
    await requestThatListens(shop.fork(), bindTenant)

    expect(await answerToOrder()).toEqual([1, 3])
  })
})
