import type { TestDatabase } from "../../support/databases.ts"

/*
 * A row's id tells whose it is: 11, 12, … are merchant 1's, 21, 22, … are merchant 2's, 31 is merchant 3's, and 91, 92, … have no tenant and
 * are shared by all. A customer has no tenant; its id is a digit.
 */

/** The tenant-owned entities; each has a `label`. */
export type OwnedEntity =
  /** Its tenant is a column. */
  | "Address"
  /** The same, never null. It is deleted with its customer. */
  | "Note"
  | "Reply"
  | "Parcel"
  | "Category"
  | "Tag"
  /** Its shared rows may be claimed. */
  | "Product"
  | "Price"
  /** Its tenant is a relation. */
  | "Account"
  /** Its tenant is in an embedded object. */
  | "Device"
  /** Its tenant is its student's. */
  | "Enrolment"
  | "Student"
  /** Its key has two columns. */
  | "Line"
  /** Its tenant is a UUID, stored in upper case. */
  | "Ticket"
  /** Its tenant is a number with a fraction; that of row 81 is too large to be told. */
  | "Meter"

export type EntityName = OwnedEntity | "Merchant" | "Customer"

/** A merchant, in the notation of most entities; a ticket's is `uuids[tenant]`. */
export type Tenant = 1 | 2 | 3

export const uuids: Readonly<Record<Tenant, string>> = {
  1: "6f1c2d0a-94be-4c11-8f6a-0a4f5a9d7b01",
  2: "0b8d1e8e-3c52-4a43-9d0f-b6e1c7a2f402",
  3: "c4a7e0b5-1f57-4e58-8a3e-52d0b9a6cc03",
}

const identity = "id integer primary key, label text"
const merchant = "merchant_id integer"

/** Every table, parents first. The ORM never creates or fills them. */
const tables: Readonly<Record<string, string>> = {
  merchant: identity,
  customer: identity,
  student: `${identity}, school integer`,
  address: `${identity}, ${merchant}, customer_id integer references customer (id)`,
  note: `${identity}, merchant_id integer not null, customer_id integer not null references customer (id) on delete cascade`,
  reply: `${identity}, ${merchant}, note_id integer references note (id) on delete cascade`,
  parcel: `${identity}, ${merchant}, address_id integer references address (id) on delete set null, amount integer, deleted_at timestamp`,
  category: `${identity}, ${merchant}, parent_id integer references category (id) on delete cascade`,
  tag: `${identity}, ${merchant}`,
  product: `${identity}, ${merchant}, sku text unique`,
  price: `${identity}, ${merchant}, product_id integer references product (id)`,
  account: `${identity}, merchant_id integer references merchant (id)`,
  device: `${identity}, scope_merchant_id integer`,
  enrolment: `${identity}, student_id integer references student (id)`,
  line: `series text, number integer, label text, ${merchant}, primary key (series, number)`,
  ticket: `${identity}, merchant_id text`,
  meter: `${identity}, merchant_id double precision`,
  customer_tag: pivot("customer", "tag"),
  product_tag: pivot("product", "tag"),
}

const keys: Readonly<Record<string, readonly string[]>> = {
  line: ["series", "number"],
  customer_tag: ["customer_id", "tag_id"],
  product_tag: ["product_id", "tag_id"],
}

/** The columns that identify a row, by table. */
export const tableKeys: readonly (readonly [table: string, key: readonly string[]])[] = Object.keys(tables).map(
  (table) => [table, keys[table] ?? ["id"]],
)

export async function createTables(db: TestDatabase): Promise<void> {
  for (const [name, columns] of Object.entries(tables)) await db.sql(`create table ${name} (${columns})`)
}

/** Empties every table and fills it with the same rows again. */
export async function seed(db: TestDatabase): Promise<void> {
  for (const name of Object.keys(tables).toReversed()) await db.sql(`delete from ${name}`)
  for (const [name, rows] of seedRows) {
    const columns = Object.keys(rows[0]!)
    const values = rows.map((row) => `(${columns.map((column) => literal(row[column])).join(", ")})`)
    await db.sql(`insert into ${name} (${columns.join(", ")}) values ${values.join(", ")}`)
  }
}

/** The tenant that the id of a row of a tenant-owned entity tells: null for a shared one. */
export function tenantOf(id: number): Tenant | null {
  const tenant = Math.trunc(id / 10)
  return tenant === 9 ? null : (tenant as Tenant)
}

type Row = Readonly<Record<string, string | number | null | undefined>>

const everyKind = [11, 12, 21, 22, 31, 91]

const seedRows: readonly (readonly [table: string, rows: readonly Row[]])[] = [
  ["merchant", [1, 2, 3].map((id) => ({ id, label: "row" }))],
  ["customer", [1, 2, 3, 4, 5, 6, 7].map((id) => ({ id, label: "row" }))],
  ["student", everyKind.map((id) => ({ id, label: "row", school: tenantOf(id) }))],
  // Rows of several tenants hang on customer 1; own ones alone on customer 2; nothing on customer 3.
  ["address", references("customer_id", { 11: 1, 12: null, 21: 1, 22: 6, 31: null, 91: 1 })],
  ["note", references("customer_id", { 11: 1, 12: 2, 13: 4, 21: 1, 22: 1, 23: 7, 31: 1 })],
  ["reply", references("note_id", { 11: null, 12: 12, 21: 13, 22: 21, 91: null })],
  // Foreign parcels hang on the own address 12, the own parcel 12 hangs on a foreign address.
  // Parcel 31, which hangs on the own address 12, was deleted softly.
  [
    "parcel",
    references("address_id", { 11: 11, 12: 21, 21: 12, 22: 21, 31: 12, 91: null }).map((row) => ({
      ...row,
      amount: 5,
      deleted_at: row["id"] === 31 ? "2026-01-01 00:00:00" : null,
    })),
  ],
  // 11 > 12 > 21: a foreign category under own ones.
  ["category", references("parent_id", { 11: null, 12: 11, 21: 12, 13: null, 14: 13, 22: null, 91: null })],
  ["tag", references()],
  ["product", [...everyKind, 92].map((id) => ({ id, label: "row", merchant_id: tenantOf(id), sku: `sku ${id}` }))],
  ["price", references("product_id", { 11: 11, 12: null, 21: 21, 22: null, 91: 91 })],
  ["account", references()],
  ["device", everyKind.map((id) => ({ id, label: "row", scope_merchant_id: tenantOf(id) }))],
  ["enrolment", everyKind.map((id) => ({ id, label: "row", student_id: id }))],
  ["line", everyKind.map((id) => ({ series: "a", number: id, label: "row", merchant_id: tenantOf(id) }))],
  ["ticket", everyKind.map((id) => ({ id, label: "row", merchant_id: uuids[tenantOf(id)!]?.toUpperCase() ?? null }))],
  ["meter", [...everyKind, 81].map((id) => ({ id, label: "row", merchant_id: id === 81 ? 1e300 : tenantOf(id) }))],
  ["customer_tag", pairs("customer_id", "tag_id", [1, 11], [1, 21], [2, 11], [5, 21])],
  ["product_tag", pairs("product_id", "tag_id", [11, 11], [21, 21], [12, 22])],
]

function references(column = "label", targets: Readonly<Record<number, number | null>> = {}): Row[] {
  if (column === "label") return everyKind.map((id) => ({ id, label: "row", merchant_id: tenantOf(id) }))
  return Object.entries(targets).map(([id, target]) => ({
    id: Number(id),
    label: "row",
    merchant_id: tenantOf(Number(id)),
    [column]: target,
  }))
}

function pairs(left: string, right: string, ...rows: readonly (readonly [number, number])[]): Row[] {
  return rows.map(([a, b]) => ({ [left]: a, [right]: b }))
}

function pivot(left: string, right: string): string {
  const columns = [left, right].map((name) => `${name}_id integer references ${name} (id) on delete cascade`)
  return `${columns.join(", ")}, primary key (${left}_id, ${right}_id)`
}

function literal(value: Row[string]): string {
  if (value === null || value === undefined) return "null"
  return typeof value === "number" ? String(value) : `'${value}'`
}
