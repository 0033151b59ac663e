import { EntitySchema, type EntitySchemaMetadata } from "@mikro-orm/core"

/** An entity whose shape only the tests know. */
export type Row = Record<string, unknown>

export type ShopEntities = Readonly<Record<string, EntitySchema<Row>>>

type Properties = Record<string, object | undefined>

/** The entities of the write guard's domain. Made anew for each MikroORM, because instances share what they put on prototypes. */
export function shopEntities(): ShopEntities {
  const entities: Record<string, EntitySchema<Row>> = {}
  const schema = (name: string, properties: Properties, options: object = {}) => {
    const all = { ...identity, ...properties }
    const present = Object.fromEntries(Object.entries(all).filter(([, property]) => property !== undefined))
    const meta = { name, tableName: name.toLowerCase(), properties: present, ...options }
    entities[name] = new EntitySchema<Row>(meta as unknown as EntitySchemaMetadata<Row>)
  }
  const one = (target: string, options: object = {}) => ({
    kind: "m:1",
    entity: () => entities[target],
    nullable: true,
    ...options,
  })
  const many = (target: string, mappedBy: string, options: object = {}) => ({
    kind: "1:m",
    entity: () => entities[target],
    mappedBy,
    ...options,
  })
  const linked = (target: string, options: object) => ({ kind: "m:n", entity: () => entities[target], ...options })

  schema("Merchant", {})
  schema("Customer", {
    addresses: many("Address", "customer"),
    notes: many("Note", "customer"),
    tags: linked("Tag", { inversedBy: "customers", ...pivot("customer", "tag") }),
  })
  schema("Student", { school: merchantId })
  schema("Address", {
    merchantId,
    customer: one("Customer", { deleteRule: "no action" }),
    parcels: many("Parcel", "address"),
  })
  schema("Note", {
    merchantId: { type: "integer" },
    customer: one("Customer", { nullable: false, deleteRule: "cascade" }),
    replies: many("Reply", "note"),
  })
  schema("Reply", { merchantId, note: one("Note", { deleteRule: "cascade" }) })
  schema("Parcel", {
    merchantId,
    address: one("Address", { deleteRule: "set null" }),
    amount: { type: "integer", nullable: true },
  })
  schema("Category", { merchantId, parent: one("Category", { deleteRule: "cascade" }) })
  schema("Tag", {
    merchantId,
    customers: linked("Customer", { mappedBy: "tags" }),
    products: linked("Product", { mappedBy: "tags" }),
  })
  schema("Product", {
    merchantId,
    sku: { type: "string", nullable: true, unique: true },
    tags: linked("Tag", { inversedBy: "products", ...pivot("product", "tag") }),
  })
  schema("Price", { merchantId, product: one("Product", { deleteRule: "no action" }) })
  schema("Account", { merchant: one("Merchant", { deleteRule: "no action" }) })
  schema("Scope", { id: undefined, label: undefined, merchantId }, { embeddable: true, tableName: undefined })
  schema("Device", { scope: { kind: "embedded", entity: () => entities["Scope"], prefix: "scope_" } })
  schema("Enrolment", { student: one("Student", { deleteRule: "no action" }) })
  schema("Line", {
    id: undefined,
    series: { type: "string", primary: true },
    number: { type: "integer", primary: true },
    merchantId,
  })
  schema("Ticket", { merchantId: { type: "string", nullable: true } })
  schema("Meter", { merchantId: { type: "double", nullable: true } })
  return entities
}

const identity: Properties = {
  id: { type: "integer", primary: true, autoincrement: false },
  label: { type: "string", nullable: true },
}
const merchantId = { type: "integer", nullable: true }

function pivot(left: string, right: string) {
  return {
    pivotTable: `${left}_${right}`,
    joinColumn: `${left}_id`,
    inverseJoinColumn: `${right}_id`,
    deleteRule: "cascade",
  }
}
