import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import type { FailsafeOptions } from "../../src/typeorm/index.ts"
import { rejectionOf } from "../core/support/refusal.ts"
import { nine, openShop, type Customer, type Shop } from "./support/shop.ts"

let shop: Shop

afterEach(() => shop.close())

/** Address 5 is Bob's; its merchant has no id that can be compared. */
async function open(failsafe: Partial<FailsafeOptions>): Promise<void> {
  shop = await openShop({ failsafe, transformer: nine })
  await shop.database.sql("update address set merchant_id = 9 where id = 5")
}

function load(): Promise<Customer> {
  return shop.dataSource
    .getRepository(shop.Customer)
    .findOneOrFail({ where: { id: 2 }, relations: { addresses: true } })
}

async function ownerOfFive(work: () => Promise<unknown>): Promise<unknown> {
  await collectLeaks(() => withTenant(1, work))
  const [row] = await shop.database.sql("select customer_id from address where id = 5")
  return row!["customer_id"]
}

describe.each(["drop", "report"] as const)(
  "a row of unknown tenant that was dropped for it, with onLeak '%s',",
  (onLeak) => {
    beforeEach(() => open({ onUnknown: "drop", onLeak }))

    it("stays where it is when the instance is saved", async () => {
      expect(await ownerOfFive(async () => shop.dataSource.getRepository(shop.Customer).save(await load()))).toBe(2)
    })

    it("stays where it is when the customer came back as JSON", async () => {
      const owner = await ownerOfFive(async () => {
        const customer = JSON.parse(JSON.stringify(await load())) as Customer
        await shop.dataSource.getRepository(shop.Customer).save(customer)
      })

      expect(owner).toBe(2)
    })
  },
)

describe("a row of unknown tenant that was shown and removed", () => {
  async function empty(): Promise<void> {
    const customer = await load()
    customer.addresses = []
    await shop.dataSource.getRepository(shop.Customer).save(customer)
  }

  it("is not detached", async () => {
    await open({})

    const owner = await ownerOfFive(async () =>
      expect(await rejectionOf(empty())).toMatchObject({ code: "TENANT_UNKNOWN" }),
    )

    expect(owner).toBe(2)
  })

  it("is detached with writes 'report'", async () => {
    await open({ writes: "report" })

    expect(await ownerOfFive(empty)).toBeNull()
  })
})
