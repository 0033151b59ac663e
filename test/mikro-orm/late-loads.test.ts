import type { EventArgs } from "@mikro-orm/core"
import { afterEach, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { openShop, seedShop, type Shop } from "./support/shop.ts"

let shop: Shop

afterEach(() => shop.close())

/** A listener that starts a load of its own and does not await it. */
async function openWithListener(start: (load: () => Promise<unknown>) => void): Promise<void> {
  let isFirst = true
  const listener = {
    onLoad({ em }: EventArgs<object>) {
      if (!isFirst) return
      isFirst = false
      start(() => em.find(shop.Customer, {}, { populate: ["addresses"] }))
    },
  }
  shop = await openShop("sqlite", { config: { subscribers: [listener] } })
  await seedShop(shop)
}

it("reports a load that was begun in another one and ends after it", async () => {
  let late: Promise<unknown> | undefined
  await openWithListener((load) => {
    late = load()
  })

  const { leaks } = await collectLeaks(() =>
    withTenant(1, async () => {
      await shop.orm.em.fork().find(shop.Customer, {})
      await late
    }),
  )

  expect(leaks.map(({ what, relation }) => [what, relation])).toEqual([["dropped", "addresses"]])
})

it("reports a load that begins after the one in whose context it was planned", async () => {
  const firstIsOver = Promise.withResolvers<void>()
  let late: Promise<unknown> | undefined
  await openWithListener((load) => {
    late = firstIsOver.promise.then(load)
  })

  const { leaks } = await collectLeaks(() =>
    withTenant(1, async () => {
      await shop.orm.em.fork().find(shop.Customer, {})
      firstIsOver.resolve()
      await late
    }),
  )

  expect(leaks.map(({ what, relation }) => [what, relation])).toEqual([["dropped", "addresses"]])
})
