import { defineEntity, p } from "@mikro-orm/core"
import fc from "fast-check"
import type { TestDatabase } from "../../support/databases.ts"

/** The to-many relations of the customers, which belong to nobody. */
export const relations = ["addresses", "notes", "tags"] as const

export type Relation = (typeof relations)[number]

/** Tenant 0 is a tenant like any other; `null` is a shared row. */
export type RowTenant = number | null

/** Entity classes of one ORM instance: MikroORM shares prototypes between instances. */
export function graphEntities() {
  const Customer = defineEntity({
    name: "Customer",
    properties: () => ({
      id: p.integer().primary(),
      name: p.string(),
      addresses: () => p.oneToMany(Address).mappedBy("customer"),
      notes: () => p.oneToMany(Note).mappedBy("customer").orphanRemoval(),
      tags: () => p.manyToMany(Tag).pivotTable("customer_tag").joinColumn("customer_id").inverseJoinColumn("tag_id"),
    }),
  })
  const Address = defineEntity({
    name: "Address",
    properties: () => ({
      id: p.integer().primary(),
      text: p.string(),
      merchantId: p.integer().nullable(),
      customer: () => p.manyToOne(Customer).nullable(),
    }),
  })
  const Note = defineEntity({
    name: "Note",
    properties: () => ({
      id: p.integer().primary(),
      text: p.string(),
      merchantId: p.integer().nullable(),
      customer: () => p.manyToOne(Customer),
    }),
  })
  const Tag = defineEntity({
    name: "Tag",
    properties: () => ({
      id: p.integer().primary(),
      text: p.string(),
      merchantId: p.integer().nullable(),
      customers: () => p.manyToMany(Customer).mappedBy("tags"),
    }),
  })
  return { Customer, Address, Note, Tag }
}

export type GraphEntities = ReturnType<typeof graphEntities>

export interface Row {
  readonly id: number
  readonly text: string
  readonly merchant_id: RowTenant
}

export interface Child extends Row {
  readonly customer_id: number | null
}

/** What the four tables hold; links are `customer:tag`. */
export interface Graph {
  customers: number[]
  address: Map<number, Child>
  note: Map<number, Child>
  tag: Map<number, Row>
  links: Set<string>
}

export function copyOf(graph: Graph): Graph {
  return {
    customers: [...graph.customers],
    address: new Map(graph.address),
    note: new Map(graph.note),
    tag: new Map(graph.tag),
    links: new Set(graph.links),
  }
}

const rowTenant = fc.constantFrom<RowTenant>(0, 1, 2, 3, null)

/** Up to four customers, with children of any tenant in any order. */
export const anyGraph: fc.Arbitrary<Graph> = fc
  .record({
    customers: fc.integer({ min: 1, max: 4 }),
    addresses: fc.array(fc.tuple(rowTenant, fc.nat(4)), { maxLength: 8 }),
    notes: fc.array(fc.tuple(rowTenant, fc.nat(3)), { maxLength: 6 }),
    tags: fc.array(rowTenant, { maxLength: 5 }),
    links: fc.array(fc.tuple(fc.nat(3), fc.nat(4)), { maxLength: 10 }),
  })
  .map(({ customers: count, addresses, notes, tags, links }) => {
    const customers = Array.from({ length: count }, (_, index) => index + 1)
    // One address in `count + 1` belongs to no customer.
    const owners = [...customers, null]
    const address = addresses.map(([tenant, pick], index) => child(index + 1, tenant, owners[pick % owners.length]!))
    const note = notes.map(([tenant, pick], index) => child(index + 1, tenant, customers[pick % count]!))
    const tag = tags.map((tenant, index) => ({ id: index + 1, text: `text ${index + 1}`, merchant_id: tenant }))
    return {
      customers,
      address: byId(address),
      note: byId(note),
      tag: byId(tag),
      links: new Set(
        tag.length === 0 ? [] : links.map(([a, b]) => `${customers[a % count]}:${tag[b % tag.length]!.id}`),
      ),
    }
  })

function child(id: number, tenant: RowTenant, customer: number | null): Child {
  return { id, text: `text ${id}`, merchant_id: tenant, customer_id: customer }
}

function byId<R extends Row>(rows: R[]): Map<number, R> {
  return new Map(rows.map((row) => [row.id, row]))
}

/** Replaces what the tables hold, without the ORM. */
export async function writeGraph(database: TestDatabase, graph: Graph): Promise<void> {
  for (const table of ["customer_tag", "tag", "note", "address", "customer"]) await database.sql(`delete from ${table}`)
  const children = (rows: Map<number, Child>): unknown[][] =>
    [...rows.values()].map((row) => [row.id, row.text, row.merchant_id, row.customer_id])
  await insert(
    database,
    "customer (id, name)",
    graph.customers.map((id) => [id, `customer ${id}`]),
  )
  await insert(database, "address (id, text, merchant_id, customer_id)", children(graph.address))
  await insert(database, "note (id, text, merchant_id, customer_id)", children(graph.note))
  await insert(
    database,
    "tag (id, text, merchant_id)",
    [...graph.tag.values()].map((row) => [row.id, row.text, row.merchant_id]),
  )
  await insert(
    database,
    "customer_tag (customer_id, tag_id)",
    [...graph.links].map((link) => link.split(":").map(Number)),
  )
}

async function insert(database: TestDatabase, into: string, rows: readonly (readonly unknown[])[]): Promise<void> {
  if (rows.length === 0) return
  let parameter = 0
  const values = rows.map((row) => `(${row.map(() => `$${++parameter}`).join(", ")})`)
  await database.sql(`insert into ${into} values ${values.join(", ")}`, rows.flat())
}

/** Reads what the tables hold, without the ORM. */
export async function readGraph(database: TestDatabase): Promise<Graph> {
  const customers = await database.sql("select id from customer order by id")
  const links = await database.sql("select customer_id, tag_id from customer_tag order by 1, 2")
  const rows = async <R extends Row>(table: string, columns: string): Promise<Map<number, R>> =>
    byId((await database.sql(`select ${columns} from ${table} order by id`)) as unknown as R[])
  return {
    customers: customers.map((row) => row["id"] as number),
    address: await rows<Child>("address", "id, text, merchant_id, customer_id"),
    note: await rows<Child>("note", "id, text, merchant_id, customer_id"),
    tag: await rows<Row>("tag", "id, text, merchant_id"),
    links: new Set(links.map((row) => `${Number(row["customer_id"])}:${Number(row["tag_id"])}`)),
  }
}

/** The rows as the database stores them: on PostgreSQL with the transaction that wrote each of them. */
export async function fingerprints(
  database: TestDatabase,
  isForeign: (tenant: RowTenant) => boolean,
): Promise<unknown[]> {
  const version = database.kind === "sqlite" ? "0" : "xmin::text"
  const linkVersion = database.kind === "sqlite" ? "0" : "customer_tag.xmin::text"
  const children = "select id, text, merchant_id, customer_id"
  const rows = [
    ...(await database.sql(`${children}, ${version} as version from address order by id`)),
    ...(await database.sql(`${children}, ${version} as version from note order by id`)),
    ...(await database.sql(`select id, text, merchant_id, ${version} as version from tag order by id`)),
    ...(await database.sql(
      `select customer_id, tag_id, merchant_id, ${linkVersion} as version from customer_tag join tag on tag.id = tag_id order by 1, 2`,
    )),
  ]
  return rows.filter((row) => isForeign(row["merchant_id"] as RowTenant))
}
