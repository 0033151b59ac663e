import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import type { FailsafeOptions } from "../../src/typeorm/index.ts"
import { rejectionOf } from "../core/support/refusal.ts"
import { idsOf } from "./support/lab.ts"
import { openShop, type Customer, type Lazy, type Order, type Shop } from "./support/shop.ts"

type LazyCustomer = Lazy<Customer, "addresses" | "tags" | "profile">
type LazyOrder = Lazy<Order, "deliverTo">

let shop: Shop
const unhandled: unknown[] = []
const note = (reason: unknown): unknown => unhandled.push(reason)

beforeEach(() => {
  unhandled.length = 0
  process.on("unhandledRejection", note)
})

afterEach(async () => {
  process.off("unhandledRejection", note)
  await shop.close()
})

async function open(failsafe: Partial<FailsafeOptions> | null = {}): Promise<void> {
  shop = await openShop({ failsafe, lazy: true })
}

async function findAda(): Promise<LazyCustomer> {
  const ada = await shop.dataSource.getRepository(shop.Customer).findOneByOrFail({ id: 1 })
  return ada as unknown as LazyCustomer
}

async function findOrder(id: number): Promise<LazyOrder> {
  const order = await withoutTenant("arrange", () => shop.dataSource.getRepository(shop.Order).findOneByOrFail({ id }))
  return order as unknown as LazyOrder
}

/** Node tells of unhandled rejections when its microtasks are done. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
}

describe("a refused lazy load", () => {
  const missing = { code: "TENANT_MISSING", details: { owner: "Customer", relation: "addresses" } }

  it("surfaces once, to whoever awaits it, and is no unhandled rejection", async () => {
    await open()
    const ada = await findAda()

    const { result, leaks } = await collectLeaks(() => rejectionOf(ada.addresses))
    await settled()

    expect(result).toMatchObject(missing)
    expect(leaks.map(({ what }) => what)).toEqual(["no-tenant"])
    expect(unhandled).toEqual([])
  })

  it("surfaces to each of several that await it at the same time", async () => {
    await open()
    const ada = await findAda()

    const { result, leaks } = await collectLeaks(() =>
      Promise.all([rejectionOf(ada.addresses), rejectionOf(ada.addresses), rejectionOf(ada.addresses)]),
    )
    await settled()

    expect(result).toMatchObject([missing, missing, missing])
    expect(leaks).toHaveLength(1)
    expect(unhandled).toEqual([])
  })

  it.each<[string, (loading: Promise<unknown>) => Promise<unknown>]>([
    ["catch", (loading) => loading.catch((error: unknown) => error)],
    ["then with two handlers", (loading) => loading.then(undefined, (error: unknown) => error)],
    ["allSettled", async (loading) => (await Promise.allSettled([loading]))[0]],
  ])("can be handled with %s", async (_, handle) => {
    await open()
    const ada = await findAda()

    const { result } = await collectLeaks(() => handle(ada.addresses))
    await settled()

    expect(result).toMatchObject(result instanceof Error ? missing : { status: "rejected", reason: missing })
    expect(unhandled).toEqual([])
  })

  it("can be loaded later in a scope", async () => {
    await open()
    const ada = await findAda()

    const { result } = await collectLeaks(async () => {
      await rejectionOf(ada.addresses)
      return withTenant(1, () => ada.addresses)
    })

    expect(idsOf(result)).toEqual([1, 3])
  })

  it("can be loaded later by another tenant after 'throw' refused it", async () => {
    await open({ onLeak: "throw" })
    const ada = await findAda()
    await shop.database.sql("update address set merchant_id = 2 where id = 1")

    const { result } = await collectLeaks(async () => {
      expect(await rejectionOf(withTenant(1, () => ada.addresses))).toMatchObject({ code: "LEAK_DETECTED" })
      return withTenant(2, () => ada.addresses)
    })

    expect(idsOf(result)).toEqual([1, 2, 3, 4])
  })

  it("leaves nothing on the entity", async () => {
    await open()
    const ada = await findAda()

    await collectLeaks(() => rejectionOf(ada.addresses))

    expect(Object.keys(ada)).toEqual(["id", "name"])
  })

  it.each([
    ["a to-one relation", { references: "throw" } as const, "REFERENCE_FOREIGN"],
    ["an inverse 1:1 relation", { references: "throw" } as const, "REFERENCE_FOREIGN"],
  ])("surfaces once for %s", async (name, failsafe, code) => {
    await open(failsafe)
    const order = await findOrder(1)
    const ada = await findAda()

    const { result } = await collectLeaks(() =>
      withTenant(1, () => rejectionOf(name === "a to-one relation" ? order.deliverTo : ada.profile)),
    )
    await settled()

    expect(result).toMatchObject({ code })
    expect(unhandled).toEqual([])
  })

  it("does not end a load that somebody else makes of the same relation meanwhile", async () => {
    await open({ onLeak: "throw" })
    const [one, other] = [await findAda(), await findAda()]

    const { result } = await collectLeaks(() =>
      Promise.all([
        rejectionOf(withTenant(1, () => one.addresses)),
        withoutTenant("support desk", () => other.addresses),
      ]),
    )

    expect(result[0]).toMatchObject({ code: "LEAK_DETECTED" })
    expect(idsOf(result[1])).toEqual([1, 2, 3, 4])
  })
})

describe("a database error in a lazy load", () => {
  async function failing(failsafe: Partial<FailsafeOptions> | null): Promise<{ message: string; query: unknown }> {
    await open(failsafe)
    const ada = await withTenant(1, findAda)
    await shop.database.sql("alter table address rename to gone")
    try {
      await withTenant(1, () => ada.addresses)
    } catch (error) {
      await settled()
      return { message: (error as Error).message, query: error?.constructor.name }
    }
    throw new Error("nothing failed")
  }

  it("surfaces to whoever awaits it as it does without the failsafe", async () => {
    const guarded = await failing({})
    await shop.close()
    const vanilla = await failing(null)

    expect(guarded).toEqual({ message: expect.stringContaining("no such table") as unknown, query: "QueryFailedError" })
    expect(vanilla).toEqual(guarded)
  })

  it("is an unhandled rejection without the failsafe, and none with it", async () => {
    await failing(null)
    const vanilla = unhandled.splice(0)
    await shop.close()
    await failing({})

    expect(vanilla).toHaveLength(1)
    expect(unhandled).toEqual([])
  })

  it("lets the relation be loaded later", async () => {
    await open()
    const ada = await withTenant(1, findAda)
    await shop.database.sql("alter table address rename to gone")
    await withTenant(1, () => ada.addresses).catch(() => undefined)
    await shop.database.sql("alter table gone rename to address")

    const { result } = await collectLeaks(() => withTenant(1, () => ada.addresses))

    expect(idsOf(result)).toEqual([1, 3])
  })
})
