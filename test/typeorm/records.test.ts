import { afterEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import type { FailsafeOptions } from "../../src/typeorm/index.ts"
import { rejectionOf } from "../core/support/refusal.ts"
import { openTrees, type TreeLab } from "./support/lab-trees.ts"
import { openShop, type Customer, type Lazy, type Shop } from "./support/shop.ts"

const file = "test/typeorm/records.test.ts"

let shop: Shop
const trees: TreeLab[] = []

afterEach(async () => {
  await shop.close()
  for (const lab of trees.splice(0)) await lab.close()
})

async function open(failsafe: Partial<FailsafeOptions> = {}, lazy = false): Promise<void> {
  shop = await openShop({ failsafe, lazy })
}

function customers() {
  return shop.dataSource.getRepository(shop.Customer)
}

let marked: number | null = null

/** Notes the line of its caller, as V8 counts it: the test runner has rewritten this file. */
function mark<T>(value: T): T {
  const formatter = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace")
  Error.prepareStackTrace = (_, frames) => frames
  const holder: { stack?: NodeJS.CallSite[] } = {}
  Error.captureStackTrace(holder, mark)
  marked = holder.stack![0]!.getLineNumber()
  if (formatter === undefined) Reflect.deleteProperty(Error, "prepareStackTrace")
  else Object.defineProperty(Error, "prepareStackTrace", formatter)
  return value
}

const relations = { addresses: true } as const

async function lazyAda(): Promise<Lazy<Customer, "addresses">> {
  return (await customers().findOneByOrFail({ id: 1 })) as unknown as Lazy<Customer, "addresses">
}

/** Loads that mark the line which a record should name. */
const loads: Record<string, { readonly lazy?: true; load(): Promise<unknown> }> = {
  find: {
    async load() {
      return await mark(customers()).find({ relations })
    },
  },
  "a find that is returned without await": {
    async load() {
      return mark(customers()).find({ relations })
    },
  },
  "findOne with take": {
    async load() {
      return await mark(customers()).findOne({ where: { id: 1 }, relations })
    },
  },
  findAndCount: {
    async load() {
      return mark(customers()).findAndCount({ relations })
    },
  },
  "a query of its own": {
    async load() {
      return mark(customers()).find({ relations, relationLoadStrategy: "query" })
    },
  },
  "nested queries": {
    async load() {
      const options = { where: { id: 1 }, relations: { customer: relations }, relationLoadStrategy: "query" } as const
      return mark(shop.dataSource.getRepository(shop.Address)).find(options)
    },
  },
  "a query builder": {
    async load() {
      const query = customers().createQueryBuilder("c").leftJoinAndSelect("c.addresses", "a")
      return mark(query).getMany()
    },
  },
  getManyAndCount: {
    async load() {
      const query = customers().createQueryBuilder("c").leftJoinAndSelect("c.addresses", "a").take(2)
      return mark(query).getManyAndCount()
    },
  },
  loadMany: {
    async load() {
      const query = shop.dataSource.createQueryBuilder().relation("Customer", "addresses").of(1)
      return mark(query).loadMany()
    },
  },
  "relation ids": {
    async load() {
      return mark(customers()).find({ loadRelationIds: { relations: ["addresses"] } })
    },
  },
  "a lazy relation": {
    lazy: true,
    async load() {
      const ada = await lazyAda()
      return await mark(ada).addresses
    },
  },
  "a lazy relation that is returned without await": {
    lazy: true,
    async load() {
      const ada = await lazyAda()
      return mark(ada).addresses
    },
  },
  "a load in a transaction": {
    async load() {
      return shop.dataSource.transaction(async function load(manager) {
        return mark(manager).find(shop.Customer, { relations })
      })
    },
  },
  "a query that opens its own transaction": {
    async load() {
      const query = customers().createQueryBuilder("c").leftJoinAndSelect("c.addresses", "a").useTransaction(true)
      return await mark(query).getMany()
    },
  },
}

describe("a record", () => {
  it.each(Object.keys(loads))("names the line of the application's code, for %s", async (name) => {
    const { load, lazy = false } = loads[name]!
    await open({}, lazy)

    const { leaks } = await collectLeaks(() => withTenant(1, () => load()))

    const [leak] = leaks
    expect(leaks).toHaveLength(1)
    expect([leak?.what, leak?.relation]).toEqual(["dropped", "addresses"])
    expect([leak?.["code.file.path"], leak?.["code.line.number"]]).toEqual([file, marked])
    expect(leak?.["code.function.name"]).toMatch(/load$/)
  })

  it.each(Object.keys(loads))("names it for a load that is refused as well, for %s", async (name) => {
    const { load, lazy = false } = loads[name]!
    await open({}, lazy)

    const { leaks } = await collectLeaks(() => rejectionOf(load()))

    expect(leaks.map((leak) => [leak.what, leak["code.line.number"]])).toEqual([["no-tenant", marked]])
  })

  it("names it for trees", async () => {
    await open()
    const lab = await openTrees("closure-table")
    trees.push(lab)
    const repository = lab.dataSource.getTreeRepository(lab.Category)
    const root = await withoutTenant("arrange", () => repository.findOneByOrFail({ id: 1 }))
    const places: (number | null)[] = []
    async function loadTrees() {
      return mark(repository).findTrees()
    }
    async function loadTree() {
      return mark(repository).findDescendantsTree(root)
    }

    const { leaks } = await collectLeaks(() =>
      withTenant(1, async () => {
        await loadTrees()
        places.push(marked, marked)
        await loadTree()
        places.push(marked, marked)
      }),
    )

    expect(leaks.map((leak) => leak["code.line.number"])).toEqual(places)
    expect(leaks.map((leak) => leak["code.function.name"])).toEqual(["loadTrees", "loadTrees", "loadTree", "loadTree"])
  })
})
