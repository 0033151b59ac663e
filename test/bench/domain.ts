import type { TestDatabase } from "../support/databases.ts"

/** The tenant whose request is measured; foreign rows belong to the other one. */
export const tenant = 1
const otherTenant = 2

/** The session variable that the row level security policies read. */
export const tenantSetting = "bench.tenant"

export interface Shape {
  readonly number: number
  readonly name: string
  readonly parents: number
  readonly childrenEach: number
}

const shapes: readonly Shape[] = [
  { number: 1, name: "1x10000", parents: 1, childrenEach: 10_000 },
  { number: 2, name: "1000x10", parents: 1_000, childrenEach: 10 },
  { number: 3, name: "100x10", parents: 100, childrenEach: 10 },
  { number: 4, name: "1x10", parents: 1, childrenEach: 10 },
  { number: 5, name: "1x1000", parents: 1, childrenEach: 1_000 },
]

export function shapeNamed(name: string): Shape {
  return shapes.find((shape) => shape.name === name)!
}

/** A few rows that stay loaded while others are measured. */
export const pinned: Shape = { number: 0, name: "2x2", parents: 2, childrenEach: 2 }

/** Which rows the children are: all of the tenant, or every other one of another tenant. */
export type Ownership = "own" | "half foreign"

const ownerships: readonly Ownership[] = ["own", "half foreign"]

/** What the seeded rows of one measurement have in common. */
export function batchOf(shape: Shape, ownership: Ownership): number {
  return shape.number * ownerships.length + ownerships.indexOf(ownership) + 1
}

/** Fills the empty tables with every shape, once per ownership. */
export async function seed(database: TestDatabase): Promise<void> {
  for (const shape of [pinned, ...shapes]) {
    for (const ownership of ownerships) await seedBatch(database, shape, ownership)
  }
  await database.sql("analyze")
}

async function seedBatch(database: TestDatabase, shape: Shape, ownership: Ownership): Promise<void> {
  const batch = batchOf(shape, ownership)
  const firstId = batch * 1_000_000
  await database.sql(
    `insert into customer (id, batch, name, merchant_id)
     select $1::int + n, $2::int, 'customer ' || n, $3::int from generate_series(0, $4::int - 1) n`,
    [firstId, batch, tenant, shape.parents],
  )
  await database.sql(
    `insert into address (id, street, city, postcode, merchant_id, customer_id)
     select $1::int + n, n || ' Main Street', 'city ' || n % 100, lpad(n::text, 5, '0'),
       case when $2 and n % 2 = 1 then $3::int else $4::int end, $1::int + n / $5::int
     from generate_series(0, $6::int - 1) n`,
    [
      firstId,
      ownership === "half foreign",
      otherTenant,
      tenant,
      shape.childrenEach,
      shape.parents * shape.childrenEach,
    ],
  )
}
