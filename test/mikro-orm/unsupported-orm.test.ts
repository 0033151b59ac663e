import {
  ChangeSetPersister,
  Collection,
  EntityManager as CoreEntityManager,
  ObjectHydrator,
  UnitOfWork,
  Utils,
} from "@mikro-orm/core"
import { MikroORM, QueryBuilder } from "@mikro-orm/sql"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { withFailsafe } from "../../src/mikro-orm/index.ts"
import { rejectionOf } from "../core/support/refusal.ts"
import { openDatabase, type TestDatabase } from "../support/databases.ts"
import { shopEntities } from "./support/shop.ts"

let database: TestDatabase

beforeAll(async () => {
  database = await openDatabase("sqlite")
})

afterAll(() => database.close())

describe("UNSUPPORTED_ORM", () => {
  const text = (finding: string): object => ({
    code: "UNSUPPORTED_ORM",
    message: `tenant-failsafe does not fit MikroORM ${Utils.getORMVersion()}: ${finding}. Versions known to fit: 7.2.x. Nothing was guarded.`,
    details: { orm: "mikro-orm", version: Utils.getORMVersion(), finding },
  })

  it.each<[string, object, string]>([
    ["Collection.addWithoutPropagation", Collection.prototype, "addWithoutPropagation"],
    ["Collection.getSnapshot", Collection.prototype, "getSnapshot"],
    ["ObjectHydrator.createCollectionItemMapper", ObjectHydrator.prototype, "createCollectionItemMapper"],
    ["UnitOfWork.getExtraUpdates", UnitOfWork.prototype, "getExtraUpdates"],
    ["ChangeSetPersister.executeUpdates", ChangeSetPersister.prototype, "executeUpdates"],
    ["QueryBuilder.finalize", QueryBuilder.prototype, "finalize"],
  ])("is thrown at start-up when %s() is missing", async (name, prototype, method) => {
    const config = { ...database.ormConfig(), entities: Object.values(shopEntities()) }
    const descriptor = Object.getOwnPropertyDescriptor(prototype, method)!
    let refusal: unknown
    try {
      Reflect.deleteProperty(prototype, method)
      refusal = await rejectionOf(MikroORM.init(withFailsafe(config, { tenantProperty: "merchantId" })))
    } finally {
      Object.defineProperty(prototype, method, descriptor)
    }

    expect(refusal).toEqual(text(`${name}() is missing`))
  })

  it("is thrown at start-up when the EntityManager lacks a method", async () => {
    const config = { ...database.ormConfig(), entities: Object.values(shopEntities()) }
    const descriptor = Object.getOwnPropertyDescriptor(CoreEntityManager.prototype, "refresh")!
    let refusal: { code: string; details: Readonly<Record<string, unknown>> } | undefined
    try {
      Reflect.deleteProperty(CoreEntityManager.prototype, "refresh")
      refusal = await rejectionOf(MikroORM.init(withFailsafe(config, { tenantProperty: "merchantId" })))
    } finally {
      Object.defineProperty(CoreEntityManager.prototype, "refresh", descriptor)
    }

    expect(refusal.code).toBe("UNSUPPORTED_ORM")
    expect(refusal.details["finding"]).toMatch(/EntityManager\.refresh\(\) is missing$/)
  })

  it("is thrown at start-up for a hydrator that is no ObjectHydrator", async () => {
    class HandMadeHydrator {
      hydrate(): void {}
      hydrateReference(): void {}
      isRunning(): boolean {
        return false
      }
    }
    const config = {
      ...database.ormConfig(),
      entities: Object.values(shopEntities()),
      hydrator: HandMadeHydrator as never,
    }

    const refusal = await rejectionOf(MikroORM.init(withFailsafe(config, { tenantProperty: "merchantId" })))

    expect(refusal).toEqual(text("HandMadeHydrator.getEntityHydrator() is missing"))
  })
})
