import fc from "fast-check"
import { EntitySchema, type EntitySchemaRelationOptions } from "typeorm"

/** The to-many relations of the customers, who belong to nobody, and the one below their purchases. */
export const relations = ["addresses", "notes", "tags", "purchases", "lines"] as const

export type Relation = (typeof relations)[number]

/** Tenant 0 is a tenant like any other; `null` is a shared row. */
export type RowTenant = number | null

/** A line has no tenant of its own: it is its product's. */
export const tenantOptions = { tenantProperty: "merchantId", entities: { Line: "product.merchantId" } }

/** The entities of one DataSource; with `isLazy`, every to-many relation is a promise. */
export function graphEntities(isLazy: boolean): EntitySchema<Record<string, unknown>>[] {
  const id = { type: "int", primary: true } as const
  const text = { type: "varchar" } as const
  const merchantId = { type: "int", name: "merchant_id", nullable: true } as const
  const deletedAt = { type: "timestamp", name: "deleted_at", deleteDate: true, nullable: true } as const
  const cascade: ("insert" | "update")[] = ["insert", "update"]
  const children = (target: string, inverseSide: string, more: object): EntitySchemaRelationOptions => ({
    type: "one-to-many",
    target,
    inverseSide,
    lazy: isLazy,
    cascade,
    ...more,
  })
  const parent = (target: string, inverseSide: string, more: object = {}): EntitySchemaRelationOptions => ({
    type: "many-to-one",
    target,
    inverseSide,
    joinColumn: { name: `${target.toLowerCase()}_id` },
    nullable: true,
    ...more,
  })
  // SQLite calls a point in time by another name.
  const moment = { ...deletedAt, type: Date }
  return [
    new EntitySchema<Record<string, unknown>>({
      name: "Customer",
      columns: { id, name: text, deletedAt: moment },
      relations: {
        addresses: children("Address", "customer", { cascade: [...cascade, "soft-remove", "recover"] }),
        notes: children("Note", "customer", {}),
        purchases: children("Purchase", "customer", {}),
        tags: {
          type: "many-to-many",
          target: "Tag",
          inverseSide: "customers",
          lazy: isLazy,
          cascade: ["insert"],
          joinTable: {
            name: "customer_tag",
            joinColumn: { name: "customer_id" },
            inverseJoinColumn: { name: "tag_id" },
          },
        },
        profile: { type: "one-to-one", target: "Profile", inverseSide: "customer", cascade },
      },
    }),
    new EntitySchema<Record<string, unknown>>({
      name: "Address",
      // The only key that the database makes: a new address has none until it is saved.
      columns: { id: { ...id, generated: true }, text, merchantId, deletedAt: moment },
      relations: { customer: parent("Customer", "addresses") },
    }),
    new EntitySchema<Record<string, unknown>>({
      name: "Note",
      columns: { id, text, merchantId },
      relations: { customer: parent("Customer", "notes", { nullable: false, orphanedRowAction: "delete" }) },
    }),
    new EntitySchema<Record<string, unknown>>({
      name: "Tag",
      columns: { id, text, merchantId },
      relations: { customers: { type: "many-to-many", target: "Customer", inverseSide: "tags", lazy: isLazy } },
    }),
    new EntitySchema<Record<string, unknown>>({
      name: "Profile",
      columns: { id, text, merchantId },
      relations: { customer: parent("Customer", "profile", { type: "one-to-one" }) },
    }),
    new EntitySchema<Record<string, unknown>>({
      name: "Purchase",
      columns: { id, text, merchantId },
      relations: { customer: parent("Customer", "purchases"), lines: children("Line", "purchase", {}) },
    }),
    new EntitySchema<Record<string, unknown>>({
      name: "Line",
      columns: { id, text },
      relations: {
        purchase: parent("Purchase", "lines"),
        product: { type: "many-to-one", target: "Product", joinColumn: { name: "product_id" }, nullable: true },
      },
    }),
    new EntitySchema<Record<string, unknown>>({ name: "Product", columns: { id, text, merchantId } }),
  ]
}

/** A row, with the key of the customer or purchase that it belongs to. The tenant of a line is its product's. */
export interface Row {
  readonly id: number
  readonly text: string
  readonly tenant: RowTenant
  readonly parent: number | null
  readonly isDeleted: boolean
}

export const tables = ["address", "note", "profile", "purchase", "line", "tag"] as const

export type Table = (typeof tables)[number]

/** What the database holds. */
export interface Graph {
  readonly customer: Map<number, { readonly name: string; readonly isDeleted: boolean }>
  readonly rows: Readonly<Record<Table, Map<number, Row>>>
  /** `customer:tag` */
  readonly links: Set<string>
  /** The tenants of the products, which nothing changes. */
  readonly products: readonly RowTenant[]
  /** The products of the lines. */
  readonly productOf: Map<number, number | null>
}

export function tableOf(relation: Relation): Table {
  return ({ addresses: "address", notes: "note", tags: "tag", purchases: "purchase", lines: "line" } as const)[relation]
}

export function copyOf(graph: Graph): Graph {
  return structuredClone(graph)
}

const anyTenant = fc.constantFrom<RowTenant[]>(0, 1, 1, 2, 2, null)
const anyRows = (maxLength: number) => fc.array(fc.tuple(anyTenant, fc.nat(5), fc.nat(9)), { maxLength })

export const anyGraph: fc.Arbitrary<Graph> = fc
  .record({
    customers: fc.integer({ min: 1, max: 3 }),
    address: anyRows(7),
    note: anyRows(5),
    purchase: anyRows(5),
    profile: anyRows(3),
    tag: anyRows(5),
    links: fc.array(fc.tuple(fc.nat(2), fc.nat(4)), { maxLength: 10 }),
    products: fc.array(anyTenant, { minLength: 1, maxLength: 4 }),
    lines: fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { maxLength: 9 }),
  })
  .map(({ customers, links, products, lines, ...picked }) => {
    const ids = Array.from({ length: customers }, (_, index) => index + 1)
    const rowsOf = (table: keyof typeof picked, owners: readonly (number | null)[]) =>
      picked[table].map(([tenant, pick, chance], index) =>
        row(index + 1, tenant, owners[pick % owners.length]!, table === "address" && chance === 0),
      )
    const tag = rowsOf("tag", [null])
    const purchase = rowsOf("purchase", [...ids, null])
    const lineRows = purchase.length === 0 ? [] : lines
    // The product behind the last one is none at all.
    const product = lineRows.map(([, pick]) => (pick < products.length ? pick : null))
    return {
      customer: new Map(ids.map((id) => [id, { name: `customer ${id}`, isDeleted: false }])),
      rows: {
        address: byId(rowsOf("address", [...ids, null])),
        note: byId(rowsOf("note", ids)),
        // At most one for each customer.
        profile: byId(rowsOf("profile", [null]).map((one) => ({ ...one, parent: ids[one.id - 1] ?? null }))),
        purchase: byId(purchase),
        line: byId(
          lineRows.map(([pick], index) =>
            row(
              index + 1,
              product[index] === null ? null : products[product[index]!]!,
              purchase[pick % purchase.length]!.id,
            ),
          ),
        ),
        tag: byId(tag),
      },
      links: new Set(tag.length === 0 ? [] : links.map(([a, b]) => `${ids[a % customers]}:${tag[b % tag.length]!.id}`)),
      products,
      productOf: new Map(product.map((index, line) => [line + 1, index === null ? null : index + 1])),
    }
  })

function row(id: number, tenant: RowTenant, parent: number | null, isDeleted = false): Row {
  return { id, text: `text ${id}`, tenant, parent, isDeleted }
}

export function byId(rows: readonly Row[]): Map<number, Row> {
  return new Map(rows.map((one) => [one.id, one]))
}
