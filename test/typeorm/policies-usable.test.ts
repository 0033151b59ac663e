import type { EntityManager } from "typeorm"
import { afterEach, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import type { FailsafeOptions } from "../../src/typeorm/index.ts"
import { rejectionOf } from "../core/support/refusal.ts"
import { idsOf } from "./support/lab.ts"
import { openShop, type Shop } from "./support/shop.ts"
import { wayNames, ways } from "./support/shop-ways.ts"

let shop: Shop

afterEach(() => shop.close())

// One connection: a load that kept it would block the next one.
const postgresql = { kind: "postgresql", config: { extra: { max: 1 } } } as const

async function open(name: string, failsafe: Partial<FailsafeOptions>): Promise<void> {
  // What is written afterwards is any tenant's.
  shop = await openShop({ ...postgresql, failsafe: { ...failsafe, writes: "allow" }, lazy: ways[name]!.lazy ?? false })
}

/** The ids, with what is read and written after the refusal on the same manager. */
async function workOn(name: string, manager: EntityManager): Promise<number[]> {
  await manager.insert(shop.Address, { id: 7, street: "own 7", merchantId: 1, customer: { id: 1 } })
  await manager.update(shop.Address, { id: 4 }, { merchantId: 1 })
  await manager.delete(shop.Order, { deliverTo: { id: 2 } })
  await manager.delete(shop.Address, { id: 2 })
  return ways[name]!.load(shop, manager)
}

describe.each<[code: string, failsafe: Partial<FailsafeOptions>, tenant: number | undefined]>([
  ["LEAK_DETECTED", { onLeak: "throw" }, 1],
  ["TENANT_MISSING", {}, undefined],
])("after %s", (code, failsafe, tenant) => {
  async function refuse(name: string, manager: EntityManager): Promise<void> {
    const load = () => ways[name]!.load(shop, manager)
    expect(await rejectionOf(tenant === undefined ? load() : withTenant(tenant, load))).toMatchObject({ code })
  }

  it.each(wayNames)("the DataSource and its pool stay usable, loaded by %s", async (name) => {
    await open(name, failsafe)
    const { manager } = shop.dataSource

    await collectLeaks(async () => {
      for (let round = 0; round < 3; round++) await refuse(name, manager)
      expect(await withTenant(1, () => workOn(name, manager))).toEqual([1, 3, 4, 7])
    })
  })

  it.each(wayNames)("a transaction stays usable and commits, loaded by %s", async (name) => {
    await open(name, failsafe)

    await collectLeaks(() =>
      shop.dataSource.transaction(async (manager) => {
        await refuse(name, manager)
        expect(await withTenant(1, () => workOn(name, manager))).toEqual([1, 3, 4, 7])
      }),
    )

    expect(await shop.database.sql("select id from address where customer_id = 1 order by id")).toHaveLength(4)
  })

  it.each(wayNames)("a query runner stays usable and is released by its owner alone, loaded by %s", async (name) => {
    await open(name, failsafe)
    const runner = shop.dataSource.createQueryRunner()

    await collectLeaks(async () => {
      await refuse(name, runner.manager)
      expect(runner.isReleased).toBe(false)
      expect(await withTenant(1, () => workOn(name, runner.manager))).toEqual([1, 3, 4, 7])
    })

    await runner.release()
    expect(idsOf(await shop.dataSource.getRepository(shop.Customer).find())).toEqual([1, 2])
  })

  it.each(wayNames)("a transaction that the refusal leaves is rolled back, loaded by %s", async (name) => {
    await open(name, failsafe)

    await collectLeaks(() =>
      rejectionOf(
        shop.dataSource.transaction(async (manager) => {
          await manager.insert(shop.Address, { id: 7, street: "own 7", merchantId: 1 })
          await (tenant === undefined
            ? ways[name]!.load(shop, manager)
            : withTenant(tenant, () => ways[name]!.load(shop, manager)))
        }),
      ),
    )

    expect(await shop.database.sql("select id from address where id = 7")).toEqual([])
  })
})
