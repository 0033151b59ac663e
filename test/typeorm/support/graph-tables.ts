import type { TestDatabase } from "../../support/databases.ts"
import { byId, type Graph, type Row, type RowTenant, type Table } from "./graph.ts"

const select: Readonly<Record<Table, string>> = {
  address: "select id, text, merchant_id as tenant, customer_id as parent, deleted_at is not null as deleted",
  note: "select id, text, merchant_id as tenant, customer_id as parent, false as deleted",
  profile: "select id, text, merchant_id as tenant, customer_id as parent, false as deleted",
  purchase: "select id, text, merchant_id as tenant, customer_id as parent, false as deleted",
  line: "select id, text, (select merchant_id from product where product.id = product_id) as tenant, purchase_id as parent, false as deleted",
  tag: "select id, text, merchant_id as tenant, null as parent, false as deleted",
}

/** Replaces what the tables hold, without the ORM. */
export async function writeGraph(database: TestDatabase, graph: Graph): Promise<void> {
  for (const table of ["customer_tag", "line", "product", "purchase", "tag", "note", "profile", "address", "customer"])
    await database.sql(`delete from ${table}`)
  const { address, note, profile, purchase, line, tag } = graph.rows
  const owned = (rows: Map<number, Row>) => [...rows.values()].map((row) => [row.id, row.text, row.tenant, row.parent])
  const columns = "(id, text, merchant_id, customer_id)"
  await insert(
    database,
    "customer (id, name)",
    [...graph.customer].map(([id, { name }]) => [id, name]),
  )
  await insert(database, `address ${columns}`, owned(address))
  await insert(database, `note ${columns}`, owned(note))
  await insert(database, `profile ${columns}`, owned(profile))
  await insert(database, `purchase ${columns}`, owned(purchase))
  await insert(
    database,
    "tag (id, text, merchant_id)",
    [...tag.values()].map((row) => [row.id, row.text, row.tenant]),
  )
  await insert(
    database,
    "product (id, text, merchant_id)",
    graph.products.map((tenant, index) => [index + 1, `product ${index + 1}`, tenant]),
  )
  await insert(
    database,
    "line (id, text, purchase_id, product_id)",
    [...line.values()].map((row) => [row.id, row.text, row.parent, graph.productOf.get(row.id) ?? null]),
  )
  await insert(
    database,
    "customer_tag (customer_id, tag_id)",
    [...graph.links].map((link) => link.split(":").map(Number)),
  )
  const deleted = [...address.values()].filter((row) => row.isDeleted)
  for (const { id } of deleted)
    await database.sql("update address set deleted_at = '2026-01-01 00:00:00' where id = $1", [id])
}

async function insert(database: TestDatabase, into: string, rows: readonly (readonly unknown[])[]): Promise<void> {
  if (rows.length === 0) return
  let parameter = 0
  const values = rows.map((row) => `(${row.map(() => `$${++parameter}`).join(", ")})`)
  await database.sql(`insert into ${into} values ${values.join(", ")}`, rows.flat())
}

/** Reads what the tables hold, without the ORM. */
export async function readGraph(database: TestDatabase): Promise<Graph> {
  const customers = await database.sql("select id, name, deleted_at is not null as deleted from customer order by id")
  const links = await database.sql("select customer_id, tag_id from customer_tag order by 1, 2")
  const products = await database.sql("select merchant_id from product order by id")
  const lines = await database.sql("select id, product_id from line order by id")
  const rows = async (table: Table): Promise<Map<number, Row>> =>
    byId((await database.sql(`${select[table]} from ${table} order by id`)).map(rowOf))
  return {
    customer: new Map(
      customers.map((row) => [Number(row["id"]), { name: String(row["name"]), isDeleted: Boolean(row["deleted"]) }]),
    ),
    rows: {
      address: await rows("address"),
      note: await rows("note"),
      profile: await rows("profile"),
      purchase: await rows("purchase"),
      line: await rows("line"),
      tag: await rows("tag"),
    },
    links: new Set(links.map((row) => `${Number(row["customer_id"])}:${Number(row["tag_id"])}`)),
    products: products.map((row) => row["merchant_id"] as RowTenant),
    productOf: new Map(lines.map((row) => [Number(row["id"]), row["product_id"] as number | null])),
  }
}

function rowOf(row: Record<string, unknown>): Row {
  return {
    id: Number(row["id"]),
    text: String(row["text"]),
    tenant: row["tenant"] as RowTenant,
    parent: row["parent"] as number | null,
    isDeleted: Boolean(row["deleted"]),
  }
}

/** The rows as the database stores them: on PostgreSQL with the transaction that wrote each of them. */
export async function fingerprints(
  database: TestDatabase,
  isForeign: (tenant: RowTenant) => boolean,
): Promise<unknown[]> {
  const version = (table: string) => (database.kind === "sqlite" ? "0" : `${table}.xmin::text`)
  const found: unknown[] = []
  for (const [table, columns] of Object.entries(select) as [Table, string][]) {
    const rows = await database.sql(`${columns}, ${version(table)} as version from ${table} order by id`)
    found.push(...rows.filter((row) => isForeign(row["tenant"] as RowTenant)))
  }
  const links = await database.sql(
    `select customer_id, tag_id, merchant_id, ${version("customer_tag")} as version from customer_tag join tag on tag.id = tag_id order by 1, 2`,
  )
  found.push(...links.filter((row) => isForeign(row["merchant_id"] as RowTenant)))
  return found
}
