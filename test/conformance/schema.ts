import type { DatabaseKind, TestDatabase } from "../support/databases.ts"

const child = "id integer primary key, label text"
const ofCustomer = "customer_id integer references customer (id)"
const merchant = "merchant_id integer"

/** Every table with its columns and its key, parents first. The ORM never creates or seeds them. */
const tables: Readonly<Record<string, { readonly columns: string; readonly key: readonly string[] }>> = {
  merchant: table(child),
  customer: table(`${child}, nickname text`),
  student: table("id integer primary key, school integer"),
  pupil: table("id integer primary key, academy_id integer references merchant (id)"),
  address: table(`${child}, remark text, ${merchant}, ${ofCustomer}`),
  note: table(`${child}, merchant_id integer not null, customer_id integer not null references customer (id)`),
  account: table(`${child}, merchant_id integer references merchant (id), ${ofCustomer}`),
  big_item: table(`${child}, merchant_id bigint, ${ofCustomer}`),
  line: table(`series text, number integer, label text, ${merchant}, ${ofCustomer}, primary key (series, number)`, [
    "series",
    "number",
  ]),
  vehicle: table(`${child}, kind text not null, doors integer, load integer, ${merchant}, ${ofCustomer}`),
  document: table(`${child}, ${merchant}, ${ofCustomer}`),
  invoice: table("id integer primary key references document (id), amount integer"),
  receipt: table("id integer primary key references document (id), till text"),
  device: table(`${child}, scope_merchant_id integer, ${ofCustomer}`),
  ticket: table(`${child}, merchant_id text, ${ofCustomer}`),
  coupon: table(`${child}, merchant_id text, ${ofCustomer}`),
  photo: table(`${child}, ${merchant}, ${ofCustomer}`),
  enrolment: table(`${child}, student_id integer references student (id), ${ofCustomer}`),
  visit: table(`${child}, pupil_id integer references pupil (id), ${ofCustomer}`),
  memo: table(`${child}, ${ofCustomer}`),
  tag: table(`${child}, merchant_id integer not null`),
  label: table(`${child}, ${merchant}`),
  badge: table(`${child}, ${merchant}`),
  stage: table(`${child}, ${merchant}`),
  customer_tag: pivot("customer", "tag"),
  customer_label: pivot("customer", "label"),
  customer_badge: pivot("customer", "badge"),
  customer_stage: table(`id $serial, ${ofCustomer}, stage_id integer references stage (id)`),
  partner: table(`${child}, ${merchant}`),
  partner_partner: table(
    "left_id integer references partner (id), right_id integer references partner (id), primary key (left_id, right_id)",
    ["left_id", "right_id"],
  ),
  post: table(child),
  comment: table(child),
  reaction: table(`${child}, target_type text, target_id integer, ${merchant}`),
  purchase: table(child),
  purchase_line: table(`${child}, ${merchant}, purchase_id integer references purchase (id)`),
  product: table(`${child}, ${merchant}, line_id integer references purchase_line (id)`),
}

export const tableKeys: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(tables).map(([name, { key }]) => [name, key]),
)

export async function createTables(db: TestDatabase): Promise<void> {
  for (const [name, { columns }] of Object.entries(tables)) {
    await db.sql(`create table ${name} (${columns.replace("$serial", serial(db.kind))})`)
  }
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

/** A customer with 10,000 addresses, of which every second one is foreign to merchant 1. */
export async function seedCrowd(db: TestDatabase, customer: number): Promise<void> {
  await db.sql(`insert into customer (id, label) values (${customer}, 'crowded')`)
  await db.sql(
    "insert into address (id, label, merchant_id, customer_id) " +
      "with recursive n (i) as (select 1 union all select i + 1 from n where i < 10000) " +
      `select 100000 + i, 'crowd', 1 + i % 2, ${customer} from n`,
  )
}

type Row = Readonly<Record<string, string | number | null | undefined>>

// Customer 1 and 5 are shared by several tenants, interleaved; 2 has rows of tenant 1 only, 3 of tenant 2 only, 4 none.
const hangings: readonly (readonly [customer: number, tenant: 1 | 2 | 3 | null])[] = [
  ...([
    [1, 1],
    [1, 2],
    [1, 1],
    [1, null],
    [1, 2],
    [5, 2],
    [5, 1],
    [2, 1],
  ] as const),
  ...([
    [2, 1],
    [3, 2],
    [3, 2],
    [1, 3],
    [1, 1],
    [5, 1],
    [5, 2],
  ] as const),
]
const links = { 1: [1, 2, 3, 4, 5], 5: [1, 2], 2: [1, 6], 3: [2, 4] }
const linkedTenants = [1, 2, 1, 2, 3, 1]

// Stored in another case than the scope names them.
const uuids = {
  1: "6F1C2D0A-94BE-4C11-8F6A-0A4F5A9D7B01",
  2: "0b8d1e8e-3c52-4a43-9d0f-b6e1c7a2f402",
  3: "c4a7e0b5-1f57-4e58-8a3e-52d0b9a6cc03",
}
const codes = { 1: "0", 2: "2", 3: "" }

const seedRows: readonly (readonly [table: string, rows: readonly Row[]])[] = [
  ["merchant", named(1, 2, 3)],
  ["customer", [1, 2, 3, 4, 5].map((id) => ({ id, label: `customer ${id}`, nickname: "c" }))],
  ["student", [1, 2, 3, 4].map((id) => ({ id, school: id === 4 ? null : id }))],
  ["pupil", [1, 2, 3, 4].map((id) => ({ id, academy_id: id === 4 ? null : id }))],
  ["address", hang((tenant, id) => ({ merchant_id: tenant, remark: `remark ${id}` }))],
  ["note", hang((tenant) => ({ merchant_id: tenant ?? 1 }))],
  ["account", hang((tenant) => ({ merchant_id: tenant }))],
  ["big_item", hang((tenant) => ({ merchant_id: tenant }))],
  ["line", hang((tenant) => ({ merchant_id: tenant })).map(({ id, ...row }) => ({ series: "a", number: id, ...row }))],
  ["vehicle", hang((tenant, id) => ({ merchant_id: tenant, kind: id % 2 === 0 ? "truck" : "car", doors: 3 }))],
  ["document", hang((tenant) => ({ merchant_id: tenant }))],
  ["invoice", hangings.flatMap((_, index) => (index % 2 === 0 ? [{ id: index + 1, amount: 10 }] : []))],
  ["receipt", hangings.flatMap((_, index) => (index % 2 === 1 ? [{ id: index + 1, till: "north" }] : []))],
  ["device", hang((tenant) => ({ scope_merchant_id: tenant }))],
  ["ticket", hang((tenant) => ({ merchant_id: tenant === null ? null : uuids[tenant] }))],
  ["coupon", hang((tenant) => ({ merchant_id: tenant === null ? null : codes[tenant] }))],
  ["photo", hang((tenant) => ({ merchant_id: tenant }))],
  ["enrolment", hang((tenant) => ({ student_id: tenant ?? 4 }))],
  ["visit", hang((tenant) => ({ pupil_id: tenant ?? 4 }))],
  ["memo", hang(() => ({}))],
  ...["tag", "label", "badge", "stage"].flatMap((name): [string, Row[]][] => [
    [name, linkedTenants.map((merchant_id, index) => ({ id: index + 1, label: `${name} ${index + 1}`, merchant_id }))],
    [`customer_${name}`, pairs("customer_id", `${name}_id`, links)],
  ]),
  ["partner", [null, 1, 2, 1, 3, null].map((merchant_id, index) => ({ id: index + 1, label: "partner", merchant_id }))],
  ["partner_partner", pairs("left_id", "right_id", { 1: [2, 3, 4, 5, 6], 2: [3, 4], 6: [3, 2] })],
  ["post", named(1, 2)],
  ["comment", named(1, 2)],
  [
    "reaction",
    [1, 2, 1, null, 3, 2, 1, 2].map((merchant_id, index) => ({
      id: index + 1,
      label: "reaction",
      target_type: index < 5 ? "post" : "comment",
      target_id: index === 2 || index === 4 ? 2 : 1,
      merchant_id,
    })),
  ],
  ["purchase", named(1, 2)],
  [
    "purchase_line",
    [1, 2, 1, 2].map((merchant_id, index) => ({
      id: index + 1,
      label: "line",
      merchant_id,
      purchase_id: index < 3 ? 1 : 2,
    })),
  ],
  // Own products hang on foreign lines, too (2 and 4): they must not appear through them.
  [
    "product",
    (
      [
        [1, 1],
        [1, 2],
        [2, 1],
        [2, 2],
        [3, 1],
        [4, 1],
      ] as const
    ).map(([line_id, merchant_id], index) => ({
      id: index + 1,
      label: "product",
      merchant_id,
      line_id,
    })),
  ],
]

function hang<R extends Row>(columns: (tenant: 1 | 2 | 3 | null, id: number) => R) {
  return hangings.map(([customer_id, tenant], index) => ({
    id: index + 1,
    label: `row ${index + 1}`,
    customer_id,
    ...columns(tenant, index + 1),
  }))
}

function pairs(left: string, right: string, map: Readonly<Record<number, readonly number[]>>): Row[] {
  return Object.entries(map).flatMap(([from, to]) => to.map((id) => ({ [left]: Number(from), [right]: id })))
}

function named(...ids: number[]): Row[] {
  return ids.map((id) => ({ id, label: `row ${id}` }))
}

function table(columns: string, key: readonly string[] = ["id"]) {
  return { columns, key }
}

function pivot(left: string, right: string) {
  const columns = [left, right].map((name) => `${name}_id integer references ${name} (id)`)
  return table(`${columns.join(", ")}, primary key (${left}_id, ${right}_id)`, [`${left}_id`, `${right}_id`])
}

function literal(value: Row[string]): string {
  if (value === null || value === undefined) return "null"
  return typeof value === "number" ? String(value) : `'${value}'`
}

function serial(kind: DatabaseKind): string {
  return kind === "sqlite" ? "integer primary key autoincrement" : "serial primary key"
}
