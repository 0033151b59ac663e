import { afterEach, beforeEach, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { openShop, seedShop, type Shop } from "./support/shop.ts"

let shop: Shop

beforeEach(async () => {
  shop = await openShop("sqlite")
  await seedShop(shop)
})
afterEach(() => shop.close())

const fixesOf = async (run: (em: ReturnType<Shop["fork"]>) => Promise<unknown>): Promise<unknown> => {
  const { leaks } = await collectLeaks(() => withTenant(1, () => run(shop.fork())))
  return leaks.map(({ fix }) => fix?.split("\n")[0])
}

const init =
  "await customer.addresses.init({ where: { $or: [{ merchantId: Number(requireTenant()) }, { merchantId: null }] } })"

it("a record's fix is of the form in which the application loaded", async () => {
  const find = await fixesOf((em) => em.find(shop.Customer, {}, { populate: ["addresses"] }))
  const collection = await fixesOf(async (em) => (await em.findOneOrFail(shop.Customer, 1)).addresses.init())
  const loadItems = await fixesOf(async (em) => (await em.findOneOrFail(shop.Customer, 1)).addresses.loadItems())
  const builder = await fixesOf((em) =>
    em.createQueryBuilder(shop.Customer, "c").leftJoinAndSelect("c.addresses", "a").getResultList(),
  )

  expect({ find, collection, loadItems, builder }).toEqual({
    find: ["await em.find(Customer, where, {"],
    collection: [init],
    loadItems: [init],
    builder: ["await em"],
  })
})
