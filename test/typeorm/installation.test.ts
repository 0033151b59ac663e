import { DataSource, type DataSourceOptions } from "typeorm"
import { afterEach, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { withFailsafe, type FailsafeOptions } from "../../src/typeorm/index.ts"
import { refusalOf } from "../core/support/refusal.ts"
import { openDatabase, type TestDatabase } from "../support/databases.ts"
import { idsOf } from "./support/lab.ts"
import { seedShop, shopEntities, type Customer } from "./support/shop.ts"

const opened: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close()
})

async function sqlite(): Promise<TestDatabase> {
  const database = await openDatabase("sqlite")
  opened.push(() => database.close())
  return database
}

const guard = { tenantProperty: "merchantId" } as const

function optionsOf(database: TestDatabase, entities: object = shopEntities()): DataSourceOptions {
  return {
    ...database.dataSourceOptions(),
    entities: Object.values(entities),
    synchronize: true,
  }
}

async function start(dataSource: DataSource): Promise<DataSource> {
  await dataSource.initialize()
  opened.push(async () => dataSource.isInitialized && dataSource.destroy())
  return dataSource
}

async function idsOfAda(dataSource: DataSource, tenant = 1): Promise<number[]> {
  const { result } = await collectLeaks(() =>
    withTenant(tenant, () =>
      dataSource
        .getRepository<Customer>("Customer")
        .findOneOrFail({ where: { id: 1 }, relations: { addresses: true } }),
    ),
  )
  return idsOf(result.addresses)
}

describe("withFailsafe(dataSource, options)", () => {
  it("returns the DataSource that it was given", async () => {
    const dataSource = new DataSource(optionsOf(await sqlite()))

    expect(withFailsafe(dataSource, guard)).toBe(dataSource)
  })

  it("adds no property that is seen, and changes no option", async () => {
    const options = optionsOf(await sqlite())
    const dataSource = withFailsafe(new DataSource(options), guard)

    expect(dataSource.options).toEqual(new DataSource(options).options)
    expect(JSON.stringify(Object.keys(dataSource).toSorted())).not.toContain("failsafe")
  })

  it("installs once when it is called twice with the same options", async () => {
    const database = await sqlite()
    const options = { ...guard, entities: { Tag: false } } as const
    const once = withFailsafe(new DataSource(optionsOf(database)), options)

    expect(withFailsafe(once, { ...options, tenantProperty: ["merchantId"], onLeak: "drop" })).toBe(once)

    await start(once)
    await seedShop(database)
    const { leaks } = await collectLeaks(() =>
      withTenant(1, () => once.getRepository<Customer>("Customer").find({ relations: { addresses: true } })),
    )
    expect(leaks).toHaveLength(1)
  })

  it("accepts the same options once more when it is initialized", async () => {
    const dataSource = await start(withFailsafe(new DataSource(optionsOf(await sqlite())), guard))

    expect(withFailsafe(dataSource, guard)).toBe(dataSource)
  })

  it("refuses a second time with other options", async () => {
    const once = withFailsafe(new DataSource(optionsOf(await sqlite())), guard)

    expect(refusalOf(() => withFailsafe(once, { ...guard, onLeak: "throw" }))).toEqual({
      code: "OPTION_INVALID",
      message: "This DataSource is guarded already, with other options. Call withFailsafe once.",
      details: {},
    })
  })

  it("refuses a DataSource that is initialized", async () => {
    const dataSource = await start(new DataSource(optionsOf(await sqlite())))

    expect(refusalOf(() => withFailsafe(dataSource, guard))).toEqual({
      code: "OPTION_INVALID",
      message: "This DataSource is initialized already. Call withFailsafe before dataSource.initialize().",
      details: {},
    })
  })

  it("guards a DataSource again that was destroyed and initialized", async () => {
    const database = await sqlite()
    const dataSource = await start(withFailsafe(new DataSource(optionsOf(database)), guard))
    await seedShop(database)
    const before = await idsOfAda(dataSource)

    await dataSource.destroy()
    await dataSource.initialize()

    expect([before, await idsOfAda(dataSource)]).toEqual([
      [1, 3],
      [1, 3],
    ])
  })

  it("may be called on a DataSource that was destroyed", async () => {
    const database = await sqlite()
    const dataSource = await start(new DataSource(optionsOf(database)))
    await seedShop(database)
    await dataSource.destroy()

    await withFailsafe(dataSource, guard).initialize()

    expect(await idsOfAda(dataSource)).toEqual([1, 3])
  })

  it("guards what setOptions() brings before initialize()", async () => {
    const database = await sqlite()
    const dataSource = withFailsafe(new DataSource({ ...optionsOf(database), entities: [] }), guard)
    dataSource.setOptions(optionsOf(database))
    await start(dataSource)
    await seedShop(database)

    expect(await idsOfAda(dataSource)).toEqual([1, 3])
  })

  it("takes its options as they were when it was called", async () => {
    const database = await sqlite()
    const options: { tenantProperty: string; onLeak: FailsafeOptions["onLeak"] & string } = { ...guard, onLeak: "drop" }
    const dataSource = withFailsafe(new DataSource(optionsOf(database)), options)
    options.onLeak = "report"
    await start(dataSource)
    await seedShop(database)

    expect(await idsOfAda(dataSource)).toEqual([1, 3])
  })
})
