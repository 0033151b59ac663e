import { EntitySchema, type EntitySchemaOptions } from "typeorm"
import type { TenantId } from "../../../src/index.ts"
import type { FailsafeOptions } from "../../../src/typeorm/index.ts"
import type { TestDatabase } from "../../support/databases.ts"
import { openLab, type Lab, type LabOptions } from "./lab.ts"

export interface Owner {
  id: number
  name: string
  items: Item[]
}

export interface Item {
  id: number
  label: string
  owner: Owner | null
}

/** One way to say whose an item is. */
export interface Shape {
  /** Where SQLite has no such column. */
  readonly kind?: "postgresql"
  readonly item: Partial<Pick<EntitySchemaOptions<Item>, "columns" | "relations" | "embeddeds">>
  readonly others?: readonly EntitySchema<never>[]
  readonly failsafe?: Partial<FailsafeOptions>
  readonly setUp?: readonly string[]
  /** The column of the table `item` that a row's merchant is stored in, and how: `null` stays `NULL`. */
  readonly column?: string
  readonly stored?: (merchant: 1 | 2) => string
  /** The own tenant, as the application names it. */
  readonly tenant?: TenantId
  /** The path in the records. */
  readonly path?: string
}

const id = { type: "int", primary: true } as const
const merchantId = { type: "int", nullable: true, name: "merchant_id" } as const

const Merchant = new EntitySchema<{ id: number }>({ name: "Merchant", tableName: "merchant", columns: { id } })
const Store = new EntitySchema<{ id: number; merchantId: number }>({
  name: "Store",
  tableName: "store",
  columns: { id, merchantId },
})
const Region = new EntitySchema<{ land: string; code: number }>({
  name: "Region",
  tableName: "region",
  columns: { land: { type: "text", primary: true }, code: { type: "int", primary: true } },
})
const Scope = new EntitySchema<object>({ name: "Scope", columns: { merchantId } })

const stores = ["insert into store (id, merchant_id) values (11, 1), (12, 2)"]
const storeOf = (merchant: 1 | 2) => String(10 + merchant)

/** A merchant's id of a class of its own. */
class MerchantKey {
  readonly #value: number

  constructor(value: number) {
    this.#value = value
  }

  toString(): string {
    return `m${this.#value}`
  }
}

const uuids = { 1: "0189F7E2-0000-7000-8000-00000000000A", 2: "0189F7E2-0000-7000-8000-00000000000B" }

export const shapes: Readonly<Record<string, Shape>> = {
  "a column": { item: { columns: { merchantId } as object } },
  "a column with select: false": { item: { columns: { merchantId: { ...merchantId, select: false } } as object } },
  "a bigint column": {
    kind: "postgresql",
    item: { columns: { merchantId: { ...merchantId, type: "bigint" } } as object },
    stored: (merchant) => `900719925474099${merchant}`,
    tenant: 9_007_199_254_740_991n,
  },
  "a text column of UUIDs": {
    item: { columns: { merchantId: { ...merchantId, type: "text" } } as object },
    stored: (merchant) => `'${uuids[merchant]}'`,
    tenant: uuids[1].toLowerCase(),
  },
  "a column with a transformer": {
    item: {
      columns: {
        merchantId: {
          ...merchantId,
          transformer: {
            to: (value: string | null) => (value === null ? null : Number(value.slice(1))),
            from: (value: number | null) => (value === null ? null : `m${value}`),
          },
        },
      } as object,
    },
    tenant: "m1",
  },
  "a column with a transformer to an object": {
    item: {
      columns: {
        merchantId: {
          ...merchantId,
          transformer: {
            to: (value: unknown) => value,
            from: (value: number | null) => (value === null ? null : new MerchantKey(value)),
          },
        },
      } as object,
    },
    tenant: "m1",
  },
  "an embedded column": {
    item: { embeddeds: { scope: { schema: Scope, prefix: "scope_" } } as object },
    failsafe: { tenantProperty: "scope.merchantId" },
    column: '"scope_merchant_id"',
    path: "scope.merchantId",
  },
  "a relation whose key is no property": {
    item: {
      relations: {
        merchant: { type: "many-to-one", target: "Merchant", joinColumn: { name: "merchant_id" }, nullable: true },
      } as object,
    },
    others: [Merchant as EntitySchema<never>],
    failsafe: { tenantProperty: "merchant" },
    setUp: ["insert into merchant (id) values (1), (2)"],
    path: "merchant",
  },
  "a path through a relation": {
    item: {
      relations: {
        store: { type: "many-to-one", target: "Store", joinColumn: { name: "store_id" }, nullable: true },
      } as object,
    },
    others: [Store as EntitySchema<never>],
    failsafe: { entities: { Item: "store.merchantId" } },
    setUp: stores,
    column: "store_id",
    stored: storeOf,
    path: "store.merchantId",
  },
  "a column of a composite key behind a relation": {
    item: {
      relations: {
        region: {
          type: "many-to-one",
          target: "Region",
          nullable: true,
          joinColumn: [
            { name: "region_land", referencedColumnName: "land" },
            { name: "region_code", referencedColumnName: "code" },
          ],
        },
      } as object,
    },
    others: [Region as EntitySchema<never>],
    failsafe: { tenantProperty: "region.code" },
    setUp: ["insert into region (land, code) values ('x', 1), ('x', 2)"],
    column: "region_land, region_code",
    stored: (merchant) => `'x', ${merchant}`,
    path: "region.code",
  },
  "a virtual column": {
    item: {
      columns: {
        storeId: { type: "int", nullable: true, name: "store_id" },
        merchantId: {
          type: "int",
          virtualProperty: true,
          query: (alias: string) => `SELECT s.merchant_id FROM store s WHERE s.id = ${alias}.store_id`,
        },
      } as object,
    },
    others: [Store as EntitySchema<never>],
    setUp: stores,
    column: "store_id",
    stored: storeOf,
  },
}

export type Items = Lab & { readonly Owner: EntitySchema<Owner>; readonly Item: EntitySchema<Item> }

export async function openItems(shape: Shape, { failsafe = {}, ...options }: LabOptions = {}): Promise<Items> {
  const Owner = new EntitySchema<Owner>({
    name: "Owner",
    tableName: "owner",
    columns: { id, name: { type: "text" } },
    relations: { items: { type: "one-to-many", target: "Item", inverseSide: "owner" } },
  })
  const Item = new EntitySchema<Item>({
    name: "Item",
    tableName: "item",
    columns: { id, label: { type: "text" }, ...shape.item.columns },
    relations: {
      owner: { type: "many-to-one", target: "Owner", joinColumn: { name: "owner_id" }, inverseSide: "items" },
      ...shape.item.relations,
    },
    ...(shape.item.embeddeds === undefined ? {} : { embeddeds: shape.item.embeddeds }),
  })
  const guarded = failsafe === null ? null : { ...shape.failsafe, ...failsafe }
  const lab = await openLab([Owner, Item, ...(shape.others ?? [])], {
    failsafe: guarded,
    kind: shape.kind ?? "sqlite",
    ...options,
  })
  await seed(shape, lab.database)
  return { ...lab, Owner, Item }
}

/** The items 1 and 5 are own, 2, 4 and 6 foreign, 3 is shared. */
async function seed(
  { setUp = [], column = "merchant_id", stored = String }: Shape,
  database: TestDatabase,
): Promise<void> {
  for (const statement of ["insert into owner (id, name) values (1, 'Ada'), (2, 'Bob')", ...setUp]) {
    await database.sql(statement)
  }
  const empty = column.split(", ").map(() => "null")
  const items = [1, 2, null, 2, 1, 2].map((merchant, index) => {
    const value = merchant === null ? empty.join(", ") : stored(merchant as 1 | 2)
    return `(${index + 1}, 'item ${index + 1}', ${index < 4 ? 1 : 2}, ${value})`
  })
  await database.sql(`insert into item (id, label, owner_id, ${column}) values ${items.join(", ")}`)
}
