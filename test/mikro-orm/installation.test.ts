import {
  Collection,
  type EntityMetadata,
  MemoryCacheAdapter,
  ObjectHydrator,
  type EventSubscriber,
} from "@mikro-orm/core"
import { MikroORM, SqlEntityManager } from "@mikro-orm/sql"
import { afterEach, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { FilteredCollection, withFailsafe } from "../../src/mikro-orm/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { refusalOf } from "../core/support/refusal.ts"
import { openDatabase, type TestDatabase } from "../support/databases.ts"
import { idsOf, openShop, seedShop, shopEntities, type Shop } from "./support/shop.ts"

type HydrateRest<T extends object> =
  Parameters<typeof ObjectHydrator.prototype.hydrate<T>> extends [unknown, unknown, ...infer Rest] ? Rest : never

const opened: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const resource of opened.splice(0).toReversed()) await resource.close()
})

async function open(options: Parameters<typeof openShop>[1] = {}): Promise<Shop> {
  const shop = await openShop("sqlite", options)
  opened.push(shop)
  await seedShop(shop)
  return shop
}

async function sqlite(): Promise<TestDatabase> {
  const database = await openDatabase("sqlite")
  opened.push(database)
  return database
}

async function idsOfAda(shop: Shop, tenant = 1): Promise<number[]> {
  const { result } = await collectLeaks(() =>
    withTenant(tenant, () => shop.fork().findOneOrFail(shop.Customer, { id: 1 }, { populate: ["addresses"] })),
  )
  return idsOf(result.addresses)
}

describe("withFailsafe(config, options)", () => {
  it("returns a new configuration and leaves the given one untouched", async () => {
    const given = Object.freeze({
      entities: Object.freeze(Object.values(shopEntities())),
      subscribers: Object.freeze([]),
      extensions: Object.freeze([]),
      resultCache: Object.freeze({ expiration: 7 }),
    })
    const before = { ...given }

    const guarded = withFailsafe(given, { tenantProperty: "merchantId" })

    expect(guarded).not.toBe(given)
    expect(given).toEqual(before)
    expect(guarded.resultCache.expiration).toBe(7)
  })

  it("installs once when it is called twice with the same options", async () => {
    const options = { tenantProperty: "merchantId", entities: { Tag: false } } as const
    const once = withFailsafe({ dbName: "x" }, options)

    expect(withFailsafe(once, { ...options, tenantProperty: ["merchantId"], onLeak: "drop" })).toBe(once)
  })

  it("refuses a second time with other options", () => {
    const once = withFailsafe({ dbName: "x" }, { tenantProperty: "merchantId" })

    expect(refusalOf(() => withFailsafe(once, { tenantProperty: "merchantId", onLeak: "throw" }))).toEqual({
      code: "OPTION_INVALID",
      message: "This configuration is guarded already, with other options. Call withFailsafe once.",
      details: {},
    })
  })

  it("guards an ORM that is built by its constructor", async () => {
    const database = await sqlite()
    const entities = shopEntities()
    const config = { ...database.ormConfig(), entities: Object.values(entities) }
    const orm = new MikroORM(withFailsafe(config, { tenantProperty: "merchantId" }))
    opened.push(orm)
    await orm.schema.create()
    const shop = { ...entities, database, fork: () => orm.em.fork() } as unknown as Shop
    await seedShop(shop)

    expect(await idsOfAda(shop)).toEqual([1, 3])
  })

  it("guards every ORM that is built from one guarded configuration", async () => {
    const database = await sqlite()
    const entities = shopEntities()
    const config = { ...database.ormConfig(), entities: Object.values(entities) }
    const guarded = withFailsafe(config, { tenantProperty: "merchantId" })
    const first = await MikroORM.init(guarded)
    await first.schema.create()
    await first.close()
    const second = await MikroORM.init(guarded)
    opened.push(second)
    const shop = { ...entities, database, fork: () => second.em.fork() } as unknown as Shop
    await seedShop(shop)

    expect(await idsOfAda(shop)).toEqual([1, 3])
  })
})

describe("several MikroORM instances in one process", () => {
  it("are each guarded by their own options, or not at all", async () => {
    const dropping = await open()
    const reporting = await open({ failsafe: { onLeak: "report" } })
    const plain = await open({ failsafe: null })

    expect(await Promise.all([dropping, reporting, plain].map((shop) => idsOfAda(shop)))).toEqual([
      [1, 3],
      [1, 2, 3, 4],
      [1, 2, 3, 4],
    ])
  })

  it("have filtered collections where they are guarded, and MikroORM's own elsewhere", async () => {
    const guarded = await open()
    const plain = await open({ failsafe: null })
    const load = async (shop: Shop) =>
      (await collectLeaks(() => withTenant(1, () => shop.fork().findOneOrFail(shop.Customer, { id: 1 })))).result

    expect((await load(guarded)).addresses).toBeInstanceOf(FilteredCollection)
    expect((await load(guarded)).addresses).toBeInstanceOf(Collection)
    expect((await load(plain)).addresses).not.toBeInstanceOf(FilteredCollection)
  })
})

describe("what an application configures itself", () => {
  it("keeps its hydrator", async () => {
    const hydrated: string[] = []
    class OwnHydrator extends ObjectHydrator {
      override hydrate<T extends object>(entity: T, meta: EntityMetadata<T>, ...rest: HydrateRest<T>): void {
        hydrated.push(meta.className)
        super.hydrate(entity, meta, ...rest)
      }
    }
    const shop = await open({ config: { hydrator: OwnHydrator } })

    expect(await idsOfAda(shop)).toEqual([1, 3])
    expect(new Set(hydrated)).toEqual(new Set(["Customer", "Address"]))
  })

  it("keeps its EntityManager", async () => {
    class OwnEntityManager extends SqlEntityManager {
      greet(): string {
        return "hello"
      }
    }
    const shop = await open({ config: { entityManager: OwnEntityManager } })

    const em = shop.fork()

    expect(em).toBeInstanceOf(OwnEntityManager)
    expect((em as unknown as OwnEntityManager).greet()).toBe("hello")
    expect(em.constructor.name).toBe("OwnEntityManager")
    expect(await idsOfAda(shop)).toEqual([1, 3])
  })

  it("keeps its subscribers", async () => {
    const loaded: number[] = []
    class OwnSubscriber implements EventSubscriber {
      onLoad({ entity }: { entity: object }): void {
        loaded.push((entity as { id: number }).id)
      }
    }
    const shop = await open({ config: { subscribers: [new OwnSubscriber()] } })

    expect(await idsOfAda(shop)).toEqual([1, 3])
    expect(loaded).toContain(1)
  })

  it("keeps its extensions", async () => {
    const registered: unknown[] = []
    const shop = await open({ config: { extensions: [{ register: (orm: unknown) => registered.push(orm) }] } })

    expect(registered).toEqual([shop.orm])
    expect(await idsOfAda(shop)).toEqual([1, 3])
  })

  it("keeps its result cache, of which no tenant gets another one's rows", async () => {
    const stored: string[] = []
    class OwnCache extends MemoryCacheAdapter {
      override set(name: string, data: unknown, origin: string, expiration?: number): void {
        stored.push(name)
        super.set(name, data, origin, expiration)
      }
    }
    const shop = await open({ config: { resultCache: { adapter: OwnCache, expiration: 60_000 } } })
    const load = async (tenant: number) => {
      const options = {
        populate: ["addresses"] as const,
        strategy: "joined" as const,
        cache: ["ada", 60_000] as [string, number],
      }
      const { result } = await collectLeaks(() =>
        withTenant(tenant, () => shop.fork().findOneOrFail(shop.Customer, { id: 1 }, options)),
      )
      return idsOf(result.addresses)
    }

    expect([await load(1), await load(2), await load(1)]).toEqual([
      [1, 3],
      [2, 3, 4],
      [1, 3],
    ])
    expect(new Set(stored).size).toBe(2)
    expect(shop.queries).toHaveLength(2)
  })
})
