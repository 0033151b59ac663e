import { afterEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant } from "../../src/index.ts"
import type { FailsafeOptions } from "../../src/mikro-orm/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { rejectionOf } from "../core/support/refusal.ts"
import { idsOf, openShop, record, seedShop, strategies, type Essence, type Shop } from "./support/shop.ts"

let shop: Shop

afterEach(() => shop.close())

async function open(failsafe: Partial<FailsafeOptions> = {}): Promise<void> {
  shop = await openShop("sqlite", { failsafe })
  await seedShop(shop)
}

/** Where the loads of this file happen, as the records name it. */
async function loadAda(em = shop.fork(), strategy: (typeof strategies)[number] = "select-in", fields?: string[]) {
  const options = { populate: ["addresses"], strategy, ...(fields === undefined ? {} : { fields }) } as const
  return await em.findOneOrFail(shop.Customer, { id: 1 }, options as { populate: ["addresses"]; strategy: "joined" })
}

function adaRecord(essence: Partial<Essence>): object {
  return record(
    { what: "dropped", owner: "Customer", relation: "addresses", child: "Address", ...essence },
    { file: "test/mikro-orm/policies.test.ts", function: "loadAda" },
  )
}

const partial = ["name", "addresses.street"]
const details = { owner: "Customer", relation: "addresses", child: "Address", column: "merchantId" }

describe("onLeak", () => {
  it.each(strategies)("drops foreign rows by default and reports them once, loaded %s", async (strategy) => {
    await open()

    const { result, leaks } = await collectLeaks(() => withTenant(1, () => loadAda(shop.fork(), strategy)))

    expect(idsOf(result.addresses)).toEqual([1, 3])
    const arrived = strategy === "joined" ? "joined" : "select-in"
    expect(leaks).toStrictEqual([adaRecord({ loaded: 4, rows: 2, dropped: 2, strategy: arrived })])
  })

  it("keeps foreign rows and reports them with 'report'", async () => {
    await open({ onLeak: "report" })

    const { result, leaks } = await collectLeaks(() => withTenant(1, () => loadAda()))

    expect(idsOf(result.addresses)).toEqual([1, 2, 3, 4])
    expect(leaks).toStrictEqual([adaRecord({ what: "kept", loaded: 4, rows: 2, strategy: "select-in" })])
  })

  it("keeps foreign rows and reports them with 'report', also where they had to be looked up", async () => {
    await open({ onLeak: "report" })

    const { result, leaks } = await collectLeaks(() => withTenant(1, () => loadAda(shop.fork(), "joined", partial)))

    expect(idsOf(result.addresses)).toEqual([1, 2, 3, 4])
    expect(leaks).toStrictEqual([adaRecord({ what: "kept", loaded: 4, rows: 2, strategy: "look-up" })])
  })

  it.each(strategies)("fails the load with 'throw', loaded %s, and reports it", async (strategy) => {
    await open({ onLeak: "throw" })

    const { result: refusal, leaks } = await collectLeaks(() =>
      rejectionOf(withTenant(1, () => loadAda(shop.fork(), strategy))),
    )

    expect(refusal).toEqual({
      code: "LEAK_DETECTED",
      message:
        "Customer.addresses loaded rows of another tenant. Filter the relation by merchantId where it is loaded; the leak record " +
        "names the place. The foreign rows were dropped.",
      details,
    })
    const arrived = strategy === "joined" ? "joined" : "select-in"
    expect(leaks).toStrictEqual([adaRecord({ loaded: 4, rows: 2, dropped: 2, strategy: arrived })])
  })

  it.each(strategies)(
    "leaves the EntityManager usable after 'throw', loaded %s, and writes nothing",
    async (strategy) => {
      await open({ onLeak: "throw" })
      const em = shop.fork()

      await collectLeaks(() =>
        withTenant(1, async () => {
          await rejectionOf(loadAda(em, strategy))
          await shop.database.sql("delete from address where id in (2, 4)")
          shop.queries.length = 0
          await em.flush()
          expect(shop.queries).toEqual([])
          const ada = await loadAda(em, strategy)
          expect(idsOf(ada.addresses)).toEqual([1, 3])
          expect(await em.find(shop.Address, { merchantId: 1 }, { orderBy: { id: 1 } })).toHaveLength(2)
        }),
      )
    },
  )

  it("leaves the EntityManager usable after a look-up refused the load", async () => {
    await open({ onLeak: "throw" })
    const em = shop.fork()

    await collectLeaks(() =>
      withTenant(1, async () => {
        expect(await rejectionOf(loadAda(em, "select-in", partial))).toMatchObject({ code: "LEAK_DETECTED", details })
        await shop.database.sql("delete from address where id in (2, 4)")
        expect(idsOf((await loadAda(em)).addresses)).toEqual([1, 3])
      }),
    )
  })

  it("judges nothing inside withoutTenant", async () => {
    await open({ onLeak: "throw" })

    const { result, leaks } = await collectLeaks(() => withoutTenant("support desk", () => loadAda()))

    expect(idsOf(result.addresses)).toEqual([1, 2, 3, 4])
    expect(leaks).toEqual([])
  })
})

describe("noTenant", () => {
  const missing = {
    code: "TENANT_MISSING",
    message: expect.stringMatching(
      /^Customer\.addresses was loaded outside any tenant scope, in .+[.?] Wrap the caller in withTenant\(id, fn\), or in withoutTenant\(reason, fn\) if it must see every tenant\.$/,
    ) as string,
    details: expect.objectContaining(details) as object,
  }

  it.each(strategies)(
    "refuses to load a guarded relation outside any scope by default, loaded %s",
    async (strategy) => {
      await open()

      const { result: refusal, leaks } = await collectLeaks(() => rejectionOf(loadAda(shop.fork(), strategy)))

      expect(refusal).toEqual(missing)
      const arrived = strategy === "joined" ? "joined" : "select-in"
      expect(leaks).toStrictEqual([adaRecord({ what: "no-tenant", loaded: 4, rows: 4, strategy: arrived })])
    },
  )

  it.each(strategies)("leaves no half-filled collection behind a refused load, loaded %s", async (strategy) => {
    await open()
    const em = shop.fork()

    await collectLeaks(async () => {
      await rejectionOf(loadAda(em, strategy))
      const ada = em.getReference(shop.Customer, 1)
      expect(ada.addresses?.isInitialized() ?? false).toBe(false)
      expect(idsOf((await withTenant(1, () => loadAda(em, strategy))).addresses)).toEqual([1, 3])
    })
  })

  it("refuses counts and matches outside any scope", async () => {
    await open()
    const ada = await withTenant(1, () => shop.fork().findOneOrFail(shop.Customer, { id: 1 }))

    const { result, leaks } = await collectLeaks(async () => [
      await rejectionOf(ada.addresses.loadCount()),
      await rejectionOf(ada.addresses.matching({})),
      await rejectionOf(ada.addresses.init()),
    ])

    expect(result).toEqual([missing, missing, missing])
    expect(leaks.map((leak) => leak.what)).toEqual(["no-tenant", "no-tenant", "no-tenant"])
  })

  it("loads everything and reports it with 'report'", async () => {
    await open({ noTenant: "report" })

    const { result, leaks } = await collectLeaks(() => loadAda())

    expect(idsOf(result.addresses)).toEqual([1, 2, 3, 4])
    expect(leaks).toStrictEqual([adaRecord({ what: "no-tenant", loaded: 4, rows: 4, strategy: "select-in" })])
  })

  it("loads everything in silence with 'allow'", async () => {
    await open({ noTenant: "allow" })

    const { result, leaks } = await collectLeaks(() => loadAda())

    expect(idsOf(result.addresses)).toEqual([1, 2, 3, 4])
    expect(leaks).toEqual([])
  })

  it("lets entities without guarded relations load outside any scope", async () => {
    await open()

    expect(await shop.fork().find(shop.Address, {})).toHaveLength(6)
    expect(await shop.fork().find(shop.Customer, {})).toHaveLength(2)
  })
})

describe("entities", () => {
  it("leaves an entity alone that is declared not tenant-owned", async () => {
    await open({ entities: { Address: false } })

    const { result, leaks } = await collectLeaks(() => withTenant(1, () => loadAda()))

    expect(idsOf(result.addresses)).toEqual([1, 2, 3, 4])
    expect(leaks).toEqual([])
  })

  it("guards the other entities as before", async () => {
    await open({ entities: { Address: false } })

    const { result } = await collectLeaks(() =>
      withTenant(1, () => shop.fork().findOneOrFail(shop.Customer, { id: 1 }, { populate: ["tags"] })),
    )

    expect(idsOf(result.tags)).toEqual([1, 3])
  })
})
