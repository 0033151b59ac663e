import { defineEntity, p } from "@mikro-orm/core"
import { MikroORM, type SqlEntityManager } from "@mikro-orm/sql"
import { expect } from "vitest"
import type { LeakReport } from "../../../src/testing/index.ts"
import { withFailsafe, type FailsafeOptions } from "../../../src/mikro-orm/index.ts"
import { openDatabase, type DatabaseKind, type TestDatabase } from "../../support/databases.ts"

/** Entity classes of one ORM instance: MikroORM shares prototypes between instances. */
export function shopEntities() {
  // Belongs to nobody: every merchant has rows that hang on it.
  const Customer = defineEntity({
    name: "Customer",
    properties: () => ({
      id: p.integer().primary(),
      name: p.string(),
      addresses: () => p.oneToMany(Address).mappedBy("customer"),
      tags: () => p.manyToMany(Tag).pivotTable("customer_tag").joinColumn("customer_id").inverseJoinColumn("tag_id"),
      profile: () => p.oneToOne(Profile).mappedBy("customer").nullable(),
    }),
  })
  const Address = defineEntity({
    name: "Address",
    properties: () => ({
      id: p.integer().primary(),
      street: p.string(),
      merchantId: p.integer().nullable(),
      customer: () => p.manyToOne(Customer).nullable(),
    }),
  })
  const Tag = defineEntity({
    name: "Tag",
    properties: () => ({
      id: p.integer().primary(),
      label: p.string(),
      merchantId: p.integer().nullable(),
      customers: () => p.manyToMany(Customer).mappedBy("tags"),
    }),
  })
  const Order = defineEntity({
    name: "Order",
    tableName: "purchase",
    properties: () => ({
      id: p.integer().primary(),
      number: p.string(),
      merchantId: p.integer().nullable(),
      deliverTo: () => p.manyToOne(Address).ref().nullable(),
    }),
  })
  const Profile = defineEntity({
    name: "Profile",
    properties: () => ({
      id: p.integer().primary(),
      bio: p.string(),
      customer: () => p.oneToOne(Customer),
    }),
  })
  return { Customer, Address, Tag, Order, Profile }
}

export type ShopEntities = ReturnType<typeof shopEntities>

export interface Shop extends ShopEntities {
  readonly orm: MikroORM
  readonly database: TestDatabase
  /** Every statement since the last `queries.length = 0`. */
  readonly queries: string[]
  fork(): SqlEntityManager
  close(): Promise<void>
}

export interface ShopOptions {
  /** Absent: tenantProperty alone. `null`: MikroORM without the failsafe. */
  readonly failsafe?: Partial<FailsafeOptions> | null
  /** More of MikroORM's configuration. */
  readonly config?: object
}

/** A shop on a new database, without rows. */
export async function openShop(kind: DatabaseKind, { failsafe = {}, config = {} }: ShopOptions = {}): Promise<Shop> {
  const database = await openDatabase(kind)
  const entities = shopEntities()
  const queries: string[] = []
  const plain = {
    ...database.ormConfig(),
    entities: Object.values(entities),
    colors: false,
    debug: ["query" as const],
    logger: (message: string) => queries.push(message),
    ...config,
  }
  const orm = await MikroORM.init(
    failsafe === null ? plain : withFailsafe(plain, { tenantProperty: "merchantId", ...failsafe }),
  )
  await orm.schema.create()
  queries.length = 0
  return {
    ...entities,
    orm,
    database,
    queries,
    fork: () => orm.em.fork(),
    async close() {
      await orm.close()
      await database.close()
    },
  }
}

/** Ada and Bob with rows of the merchants 1 and 2 and with shared ones, in mixed order. */
export async function seedShop({ database }: Shop): Promise<void> {
  await database.sql("insert into customer (id, name) values (1, 'Ada'), (2, 'Bob')")
  await database.sql(
    "insert into address (id, street, merchant_id, customer_id) values " +
      "(1, 'own 1', 1, 1), (2, 'foreign 2', 2, 1), (3, 'shared 3', null, 1), (4, 'foreign 4', 2, 1), (5, 'own 5', 1, 2), (6, 'foreign 6', 2, 2)",
  )
  await database.sql(
    "insert into tag (id, label, merchant_id) values (1, 'own 1', 1), (2, 'foreign 2', 2), (3, 'shared 3', null)",
  )
  await database.sql("insert into customer_tag (customer_id, tag_id) values (1, 1), (1, 2), (1, 3), (2, 2)")
  // Order 1 belongs to merchant 1, and is delivered to an address of merchant 2.
  await database.sql(
    "insert into purchase (id, number, merchant_id, deliver_to_id) values (1, 'A', 1, 2), (2, 'B', 1, 1), (3, 'C', 2, 4)",
  )
}

export const strategies = ["joined", "select-in", "balanced"] as const

export function idsOf(rows: Iterable<{ id: number }>): number[] {
  return [...rows].map((row) => row.id).toSorted((a, b) => a - b)
}

/** What differs between the records of one test file. */
export type Essence = Pick<LeakReport, "what" | "owner" | "child"> &
  Partial<Pick<LeakReport, "relation" | "column" | "loaded" | "rows" | "dropped" | "strategy">>

/** The kinds of records that suggest a fix. */
const fixable = ["dropped", "kept", "root", "no-tenant", "unloaded-write"]

/** The whole record, of which only the times and the line are not given exactly. */
export function record(essence: Essence, place: { readonly file: string; readonly function?: string }): object {
  const {
    what,
    owner,
    relation = null,
    child,
    column = "merchantId",
    loaded = 1,
    rows = 1,
    dropped = 0,
    strategy,
  } = essence
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as unknown
  return {
    event: "tenant_leak",
    v: 1,
    kind: "first",
    what,
    orm: "mikro-orm",
    owner,
    relation,
    child,
    column,
    fingerprint: expect.stringMatching(/^v1:[\da-f]{16}$/) as unknown,
    loaded,
    rows,
    dropped,
    events: 1,
    maxDropped: dropped,
    firstSeen: time,
    lastSeen: time,
    ...(fixable.includes(what) ? { fix: expect.any(String) as unknown } : {}),
    ...(strategy === undefined ? {} : { strategy }),
    "code.file.path": place.file,
    "code.line.number": expect.any(Number) as unknown,
    ...(place.function === undefined ? {} : { "code.function.name": place.function }),
  }
}
