import { EntitySchema, type EntitySchemaMetadata } from "@mikro-orm/core"

/** An entity whose shape only the tests know. */
export type Row = Record<string, unknown>

export type DomainEntities = Readonly<Record<string, EntitySchema<Row>>>

type Properties = Record<string, object | (() => object)>

/**
 * The entities of the conformance domain. Made anew for each MikroORM, because instances share what they put on prototypes.
 */
export function domainEntities(): DomainEntities {
  const entities: Record<string, EntitySchema<Row>> = {}
  const schema = (name: string, properties: Properties, options: object = {}) => {
    const meta = { name, tableName: snake(name), properties: present({ ...identity, ...properties }), ...options }
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
  const merchantId = { type: "integer", nullable: true }
  const child = (name: string, properties: Properties, options: object = {}) =>
    schema(name, { customer: one("Customer"), ...properties }, options)

  schema("Merchant", {})
  schema("Customer", {
    nickname: { type: "string", nullable: true },
    ...Object.fromEntries(children.map(([property, target]) => [property, many(target, "customer")])),
    notes: many("Note", "customer", { orphanRemoval: true }),
    tags: linked("Tag", { inversedBy: "customers", ...pivot("customer", "tag") }),
    labels: linked("Label", { mappedBy: "customers" }),
    badges: linked("Badge", { inversedBy: "customers", pivotEntity: () => entities["CustomerBadge"] }),
    stages: linked("Stage", {
      inversedBy: "customers",
      fixedOrder: true,
      fixedOrderColumn: "id",
      ...pivot("customer", "stage"),
    }),
  })
  schema("Student", { label: absent, school: merchantId })
  schema("Pupil", { label: absent, academy: one("Merchant") })
  child("Address", { merchantId, remark: { type: "string", nullable: true, lazy: true } })
  child("Note", { merchantId: { type: "integer" }, customer: one("Customer", { nullable: false }) })
  child("Account", { merchant: one("Merchant") })
  child("BigItem", { merchantId: { type: "bigint", nullable: true } })
  child("Line", {
    id: absent,
    series: { type: "string", primary: true },
    number: { type: "integer", primary: true },
    merchantId,
  })
  child("Vehicle", { merchantId, kind: { type: "string" } }, { discriminatorColumn: "kind", abstract: true })
  const vehicle = () => ({ extends: entities["Vehicle"], tableName: undefined })
  schema(
    "Car",
    { ...inherited, doors: { type: "integer", nullable: true } },
    { ...vehicle(), discriminatorValue: "car" },
  )
  schema(
    "Truck",
    { ...inherited, load: { type: "integer", nullable: true } },
    { ...vehicle(), discriminatorValue: "truck" },
  )
  child("Document", { merchantId }, { inheritance: "tpt" })
  schema("Invoice", { ...inherited, amount: { type: "integer", nullable: true } }, { extends: entities["Document"] })
  schema("Receipt", { ...inherited, till: { type: "string", nullable: true } }, { extends: entities["Document"] })
  schema("Scope", { id: absent, label: absent, merchantId }, { embeddable: true, tableName: undefined })
  child("Device", { scope: { kind: "embedded", entity: () => entities["Scope"], prefix: "scope_" } })
  child("Ticket", { merchantId: { type: "string", nullable: true } })
  child("Coupon", { merchantId: { type: "string", nullable: true } })
  child("Photo", { merchantId: { ...merchantId, lazy: true } })
  child("Enrolment", { student: one("Student") })
  child("Visit", { pupil: one("Pupil") })
  child("Memo", {})
  schema("Tag", { merchantId: { type: "integer" }, customers: linked("Customer", { mappedBy: "tags" }) })
  schema("Label", {
    merchantId,
    customers: linked("Customer", { inversedBy: "labels", ...pivot("label", "customer", "customer_label") }),
  })
  schema("Badge", { merchantId, customers: linked("Customer", { mappedBy: "badges" }) })
  schema("Stage", { merchantId, customers: linked("Customer", { mappedBy: "stages" }) })
  schema("CustomerBadge", {
    id: absent,
    label: absent,
    customer: one("Customer", { primary: true, nullable: false }),
    badge: one("Badge", { primary: true, nullable: false }),
  })
  schema("Partner", {
    merchantId,
    partners: linked("Partner", { inversedBy: "partnerOf", ...pivot("left", "right", "partner_partner") }),
    partnerOf: linked("Partner", { mappedBy: "partners" }),
  })
  schema("Post", { reactions: many("Reaction", "target") })
  schema("Comment", { reactions: many("Reaction", "target") })
  schema("Reaction", {
    merchantId,
    target: { kind: "m:1", entity: () => [entities["Post"], entities["Comment"]], nullable: true },
  })
  schema("Purchase", { lines: many("PurchaseLine", "purchase") })
  schema("PurchaseLine", { merchantId, purchase: one("Purchase"), products: many("Product", "line") })
  schema("Product", { merchantId, line: one("PurchaseLine") })
  return entities
}

const children = [
  ...([
    ["addresses", "Address"],
    ["accounts", "Account"],
    ["bigItems", "BigItem"],
    ["lines", "Line"],
  ] as const),
  ...([
    ["vehicles", "Vehicle"],
    ["documents", "Document"],
    ["devices", "Device"],
    ["tickets", "Ticket"],
  ] as const),
  ...([
    ["coupons", "Coupon"],
    ["photos", "Photo"],
    ["enrolments", "Enrolment"],
    ["visits", "Visit"],
  ] as const),
  ["memos", "Memo"] as const,
]

const absent = {}
const inherited = { id: absent, label: absent }
const identity = {
  id: { type: "integer", primary: true, autoincrement: false },
  label: { type: "string", nullable: true },
}

function pivot(left: string, right: string, table = `${left}_${right}`) {
  return { pivotTable: table, joinColumn: `${left}_id`, inverseJoinColumn: `${right}_id` }
}

function present(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([, property]) => property !== absent))
}

function snake(name: string): string {
  return name.replace(/(?<!^)[A-Z]/g, "_$&").toLowerCase()
}
