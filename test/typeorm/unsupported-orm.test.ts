import { execFile } from "node:child_process"
import { createRequire } from "node:module"
import { promisify } from "node:util"
import { DataSource, SelectQueryBuilder, TreeRepository, type DataSourceOptions } from "typeorm"
import { RelationIdLoader } from "typeorm/query-builder/relation-id/RelationIdLoader.js"
import { EntityPersistExecutor } from "typeorm/persistence/EntityPersistExecutor.js"
import { SubjectExecutor } from "typeorm/persistence/SubjectExecutor.js"
import { SubjectDatabaseEntityLoader } from "typeorm/persistence/SubjectDatabaseEntityLoader.js"
import { Broadcaster } from "typeorm/subscriber/Broadcaster.js"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { withFailsafe } from "../../src/typeorm/index.ts"
import { rejectionOf } from "../core/support/refusal.ts"
import { openDatabase, type TestDatabase } from "../support/databases.ts"
import { isOlderTypeorm } from "./support/lab.ts"
import { seedShop, shopEntities } from "./support/shop.ts"

let database: TestDatabase

beforeAll(async () => {
  database = await openDatabase("sqlite")
})

afterAll(() => database.close())

function options(): DataSourceOptions {
  return {
    ...database.dataSourceOptions(),
    entities: Object.values(shopEntities()),
    synchronize: true,
  }
}

const guard = { tenantProperty: "merchantId" } as const

function doesNotFit(finding: string): object {
  return {
    code: "UNSUPPORTED_ORM",
    message: `tenant-failsafe does not fit this TypeORM: ${finding}. Versions known to fit: 0.3.31 and 1.1. Nothing was guarded.`,
    details: { orm: "typeorm", finding },
  }
}

const relationLoader = () => Object.getPrototypeOf(new DataSource(options()).relationLoader) as object

/** Every method that the failsafe overrides or calls, with the prototype that has it. */
const needed: readonly (readonly [name: string, prototype: () => object])[] = [
  ["SelectQueryBuilder.executeEntitiesAndRawResults", () => SelectQueryBuilder.prototype],
  ["SelectQueryBuilder.loadRawResults", () => SelectQueryBuilder.prototype],
  ["SelectQueryBuilder.buildEscapedEntityColumnSelects", () => SelectQueryBuilder.prototype],
  ["SelectQueryBuilder.clone", () => SelectQueryBuilder.prototype],
  ["SelectQueryBuilder.getRawMany", () => SelectQueryBuilder.prototype],
  ["SelectQueryBuilder.whereInIds", () => SelectQueryBuilder.prototype],
  ["SelectQueryBuilder.leftJoin", () => SelectQueryBuilder.prototype],
  ["SelectQueryBuilder.escape", () => SelectQueryBuilder.prototype],
  ["RelationLoader.load", relationLoader],
  ["RelationLoader.enableLazyLoad", relationLoader],
  ["RelationIdLoader.load", () => RelationIdLoader.prototype],
  ["SubjectDatabaseEntityLoader.load", () => SubjectDatabaseEntityLoader.prototype],
  ["EntityPersistExecutor.execute", () => EntityPersistExecutor.prototype],
  ["SubjectExecutor.validate", () => SubjectExecutor.prototype],
  ["SubjectExecutor.execute", () => SubjectExecutor.prototype],
  ["SubjectExecutor.broadcastBeforeEventsForAll", () => SubjectExecutor.prototype],
  ["SubjectExecutor.executeInsertOperations", () => SubjectExecutor.prototype],
  ["SubjectExecutor.executeUpdateOperations", () => SubjectExecutor.prototype],
  ["SubjectExecutor.executeRemoveOperations", () => SubjectExecutor.prototype],
  ["SubjectExecutor.executeSoftRemoveOperations", () => SubjectExecutor.prototype],
  ["SubjectExecutor.executeRecoverOperations", () => SubjectExecutor.prototype],
  ["Broadcaster.broadcast", () => Broadcaster.prototype],
  ["Broadcaster.broadcastLoadEvent", () => Broadcaster.prototype],
  ["Broadcaster.broadcastBeforeQueryEvent", () => Broadcaster.prototype],
  ["Broadcaster.broadcastAfterQueryEvent", () => Broadcaster.prototype],
  ["TreeRepository.findTrees", () => TreeRepository.prototype],
  ["TreeRepository.findDescendantsTree", () => TreeRepository.prototype],
  ["DataSource.initialize", () => DataSource.prototype],
  ["DataSource.buildMetadatas", () => DataSource.prototype],
]

/** Runs as if a class had no such method, not even an inherited one. */
async function without<R>(prototype: object, method: string, run: () => Promise<R>): Promise<R> {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, method)
  Object.defineProperty(prototype, method, { value: undefined, configurable: true, writable: true })
  try {
    return await run()
  } finally {
    if (descriptor === undefined) Reflect.deleteProperty(prototype, method)
    else Object.defineProperty(prototype, method, descriptor)
  }
}

describe("UNSUPPORTED_ORM", () => {
  it.each(needed)("is thrown by initialize() when %s() is missing", async (name, prototype) => {
    const method = name.split(".")[1]!

    const refusal = await without(prototype(), method, () =>
      rejectionOf(withFailsafe(new DataSource(options()), guard).initialize()),
    )

    expect(refusal).toEqual(doesNotFit(`${name}() is missing`))
  })

  it("leaves the DataSource uninitialized, which can be initialized where nothing is missing", async () => {
    const source = withFailsafe(new DataSource(options()), guard)
    await without(TreeRepository.prototype, "findTrees", () => rejectionOf(source.initialize()))

    expect(source.isInitialized).toBe(false)
    await source.initialize()
    expect(source.isInitialized).toBe(true)
    await source.destroy()
  })

  it("is thrown by initialize() for a DataSource of another copy of TypeORM", async () => {
    const require = createRequire(import.meta.url)
    const other = require(isOlderTypeorm ? "typeorm" : "typeorm-0.3") as { DataSource: typeof DataSource }
    const source = withFailsafe(new other.DataSource(options()), guard)

    expect(await rejectionOf(source.initialize())).toEqual(
      doesNotFit("the DataSource comes from another copy of TypeORM than the one that tenant-failsafe imports"),
    )
    expect(source.isInitialized).toBe(false)
  })

  it("is thrown by initialize() when the entities are no longer known by buildMetadatas()", async () => {
    class Drifted extends DataSource {
      override async initialize(): Promise<this> {
        await this.driver.connect()
        await DataSource.prototype["buildMetadatas"].call(this)
        Object.assign(this, { isInitialized: true })
        return this
      }
    }
    const source = withFailsafe(new Drifted(options()), guard)

    try {
      expect(await rejectionOf(source.initialize())).toMatchObject({ code: "UNSUPPORTED_ORM" })
    } finally {
      if (source.isInitialized) await source.destroy()
    }
  })

  it.each([
    ["RelationIdLoader", "query-builder/relation-id/RelationIdLoader.js"],
    ["SubjectDatabaseEntityLoader", "persistence/SubjectDatabaseEntityLoader.js"],
  ])("is thrown by initialize() when the file of %s is somewhere else", async (name, file) => {
    const preload = `
      import { registerHooks } from "node:module"
      registerHooks({
        resolve(name, context, next) {
          if (name === "typeorm/${file}") throw new Error("no such file")
          return next(name${isOlderTypeorm ? '.replace(/^typeorm(?=\\/|$)/, "typeorm-0.3")' : ""}, context)
        },
      })`
    const application = `
      import { DataSource } from "typeorm"
      import { withFailsafe } from ${JSON.stringify(new URL("../../src/typeorm/index.ts", import.meta.url).pathname)}
      import { BetterSqlite3 } from ${JSON.stringify(new URL("../support/better-sqlite3.ts", import.meta.url).pathname)}
      const options = { type: "better-sqlite3", database: ":memory:", driver: BetterSqlite3, entities: [] }
      await withFailsafe(new DataSource(options), { tenantProperty: "merchantId" }).initialize().catch((error) => {
        console.log(JSON.stringify({ code: error.code, message: error.message, details: error.details }))
      })`

    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--import", `data:text/javascript,${encodeURIComponent(preload)}`, "--input-type=module", "--eval", application],
      { cwd: new URL("../../", import.meta.url) },
    )

    expect(JSON.parse(stdout)).toEqual(doesNotFit(`${name}.load() is missing`))
  })

  it("is thrown by a load when entities are made of other rows than the screened ones", async () => {
    const source = await withFailsafe(new DataSource(options()), guard).initialize()
    await seedShop(database)
    const query = source.getRepository("Address").createQueryBuilder("a")
    const runner = source.createQueryRunner()
    Object.defineProperty(query, "loadRawResults", { value: async () => runner.query(query.getQuery()) })

    expect(await rejectionOf(query.getMany())).toEqual(
      doesNotFit("SelectQueryBuilder.loadRawResults() is no longer what entities are made from"),
    )
    await runner.release()
    await source.destroy()
  })
})
