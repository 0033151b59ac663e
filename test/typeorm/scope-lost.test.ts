import { EventEmitter, once } from "node:events"
import { afterEach, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { rejectionOf } from "../core/support/refusal.ts"
import { openShop, type Shop } from "./support/shop.ts"

type Manager = Shop["dataSource"]["manager"]

let shop: Shop

afterEach(() => shop.close())

const place = String.raw`test/typeorm/scope-lost\.test\.ts:\d+`

/** Loads in a listener of a request's, which an event calls outside any scope. */
async function loadInListener(manager: Shop["dataSource"]["manager"]) {
  const orders = new EventEmitter()
  orders.on("order", function onOrder() {
    const loading = manager.find(shop.Customer, { relations: { addresses: true } })
    void rejectionOf(loading).then((refusal) => orders.emit("refused", refusal))
  })
  const refused = once(orders, "refused") as Promise<[Awaited<ReturnType<typeof rejectionOf>>]>
  setImmediate(() => orders.emit("order"))
  return (await refused)[0]
}

it("a load that lost the scope of its transaction names the listener, and where the scope was last seen", async () => {
  shop = await openShop()

  const { result } = await collectLeaks(() =>
    shop.dataSource.transaction(async (manager) => {
      await withTenant(1, () => manager.find(shop.Customer))
      return loadInListener(manager)
    }),
  )

  expect(result.message).toMatch(
    new RegExp(
      `^Customer\\.addresses was loaded outside any tenant scope, in .*onOrder \\(${place}\\), which node:events called from ` +
        `the code at ${place}\\. The scope was last seen at ${place} and lost in between; bindTenant\\(fn\\) keeps it`,
    ),
  )
})

it("a load without a transaction names the listener alone: others use its connection, too", async () => {
  shop = await openShop()
  await withTenant(1, () => shop.dataSource.manager.find(shop.Customer))

  const { result } = await collectLeaks(() => loadInListener(shop.dataSource.manager))

  expect(result.details).toMatchObject({ entryPoint: expect.stringMatching(place) as string })
  expect(result.message).not.toContain("last seen")
})

it.each([
  ["save", (manager: Manager, street: string) => manager.save(shop.Address, { id: 1, street })],
  ["update", (manager: Manager, street: string) => manager.update(shop.Address, { id: 1 }, { street })],
])("a write that lost the scope of its transaction names where it was last seen: %s", async (_, write) => {
  shop = await openShop()

  const { result } = await collectLeaks(() =>
    shop.dataSource.transaction(async (manager) => {
      await withTenant(1, () => write(manager, "a"))
      return rejectionOf(write(manager, "b"))
    }),
  )

  expect(result.message).toMatch(new RegExp(`The scope was last seen at ${place} and lost in between`))
})
