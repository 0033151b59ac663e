import { EntitySchema, type ValueTransformer } from "typeorm"
import type { TestDatabase } from "../../support/databases.ts"
import { openLab, type Lab, type LabOptions } from "./lab.ts"

export interface Customer {
  id: number
  name: string
  addresses: Address[]
  tags: Tag[]
  profile: Profile | null
}

export interface Address {
  id: number
  street: string
  merchantId: number | null
  customer: Customer | null
  orders: Order[]
}

export interface Tag {
  id: number
  label: string
  merchantId: number | null
  customers: Customer[]
}

export interface Order {
  id: number
  number: string
  merchantId: number | null
  deliverTo: Address | null
}

export interface Profile {
  id: number
  bio: string
  merchantId: number | null
  customer: Customer | null
}

/** What an application awaits of a lazy relation. */
export type Lazy<T, Relation extends keyof T> = Omit<T, Relation> & { [R in Relation]: Promise<T[R]> }

const id = { type: "int", primary: true } as const

/** The merchant 9 has no id that can be compared. */
export const nine: ValueTransformer = {
  to: (value: unknown) => value,
  from: (value: unknown) => (value === 9 ? [value] : value),
}

export interface ShopShape {
  readonly lazy?: boolean
  readonly transformer?: ValueTransformer
}

/** Entities of one DataSource; the customer belongs to nobody: every merchant has rows that hang on it. */
export function shopEntities({ lazy = false, transformer }: ShopShape = {}) {
  const merchantId = {
    type: "int",
    nullable: true,
    name: "merchant_id",
    ...(transformer === undefined ? {} : { transformer }),
  } as const
  const Customer = new EntitySchema<Customer>({
    name: "Customer",
    tableName: "customer",
    columns: { id, name: { type: "text" } },
    relations: {
      addresses: { type: "one-to-many", target: "Address", inverseSide: "customer", lazy },
      tags: {
        type: "many-to-many",
        target: "Tag",
        inverseSide: "customers",
        lazy,
        joinTable: {
          name: "customer_tag",
          joinColumn: { name: "customer_id" },
          inverseJoinColumn: { name: "tag_id" },
        },
      },
      profile: { type: "one-to-one", target: "Profile", inverseSide: "customer", lazy },
    },
  })
  const Address = new EntitySchema<Address>({
    name: "Address",
    tableName: "address",
    columns: { id, street: { type: "text" }, merchantId },
    relations: {
      customer: {
        type: "many-to-one",
        target: "Customer",
        inverseSide: "addresses",
        joinColumn: { name: "customer_id" },
        nullable: true,
        lazy,
      },
      orders: { type: "one-to-many", target: "Order", inverseSide: "deliverTo", lazy },
    },
  })
  const Tag = new EntitySchema<Tag>({
    name: "Tag",
    tableName: "tag",
    columns: { id, label: { type: "text" }, merchantId },
    relations: { customers: { type: "many-to-many", target: "Customer", inverseSide: "tags", lazy } },
  })
  const Order = new EntitySchema<Order>({
    name: "Order",
    tableName: "purchase",
    columns: { id, number: { type: "text" }, merchantId },
    relations: {
      deliverTo: {
        type: "many-to-one",
        target: "Address",
        inverseSide: "orders",
        joinColumn: { name: "deliver_to_id" },
        nullable: true,
        lazy,
      },
    },
  })
  const Profile = new EntitySchema<Profile>({
    name: "Profile",
    tableName: "profile",
    columns: { id, bio: { type: "text" }, merchantId },
    relations: {
      customer: {
        type: "one-to-one",
        target: "Customer",
        inverseSide: "profile",
        joinColumn: { name: "customer_id" },
        nullable: true,
        lazy,
      },
    },
  })
  return { Customer, Address, Tag, Order, Profile }
}

export type Shop = Lab & ReturnType<typeof shopEntities>

/** A shop on a new database, with rows. */
export async function openShop(options: LabOptions & ShopShape = {}): Promise<Shop> {
  const entities = shopEntities(options)
  const lab = await openLab(Object.values(entities), options)
  await seedShop(lab.database)
  return { ...lab, ...entities }
}

/** Ada and Bob with rows of the merchants 1 and 2 and with shared ones, in mixed order. */
export async function seedShop(database: TestDatabase): Promise<void> {
  await database.sql("insert into customer (id, name) values (1, 'Ada'), (2, 'Bob')")
  await database.sql(
    "insert into address (id, street, merchant_id, customer_id) values (1, 'own 1', 1, 1), (2, 'foreign 2', 2, 1), " +
      "(3, 'shared 3', null, 1), (4, 'foreign 4', 2, 1), (5, 'own 5', 1, 2), (6, 'foreign 6', 2, 2)",
  )
  await database.sql(
    "insert into tag (id, label, merchant_id) values (1, 'own 1', 1), (2, 'foreign 2', 2), (3, 'shared 3', null)",
  )
  await database.sql("insert into customer_tag (customer_id, tag_id) values (1, 1), (1, 2), (1, 3), (2, 2)")
  // The order 1 belongs to merchant 1, and is delivered to an address of merchant 2.
  await database.sql(
    "insert into purchase (id, number, merchant_id, deliver_to_id) values (1, 'A', 1, 2), (2, 'B', 1, 1), (3, 'C', 2, 4)",
  )
  await database.sql(
    "insert into profile (id, bio, merchant_id, customer_id) values (1, 'foreign 1', 2, 1), (2, 'own 2', 1, 2)",
  )
}
