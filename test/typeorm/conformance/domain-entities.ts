import { BaseEntity, type ColumnType, EntitySchema, type EntitySchemaOptions } from "typeorm"
import { relationKeys, type RelationKey } from "../../conformance/relations.ts"

/** An entity whose shape only the tests know. */
export type Row = Record<string, unknown>

export type DomainEntities = Readonly<Record<string, EntitySchema<Row>>>

/** How the relations of the conformance domain are declared. */
export interface Shape {
  /** The relation that comes with every query. */
  readonly eager?: RelationKey
  /** The relation whose ids come with every query, in the property `ids`. */
  readonly ids?: RelationKey
  /** Whether to-many relations are promises. */
  readonly isLazy?: boolean
}

/** The relations that TypeORM can map: it has no polymorphic ones. */
export const mappedRelations: readonly RelationKey[] = relationKeys.filter((key) => !key.endsWith(".reactions"))

interface Column {
  readonly type: ColumnType
  readonly [option: string]: unknown
}

interface Members {
  readonly columns?: Readonly<Record<string, Column>>
  readonly relations?: Readonly<Record<string, object>>
  readonly options?: Partial<EntitySchemaOptions<Row>>
}

/** The entities of the conformance domain. Made anew for each DataSource, because classes remember the one they belong to. */
export function domainEntities(shape: Shape = {}): DomainEntities {
  const entities: Record<string, EntitySchema<Row>> = {}
  const schema = (name: string, { columns, relations = {}, options = {} }: Members, base: typeof BaseEntity) => {
    const target = { [name]: class extends base {} }[name]!
    const declared = Object.entries(relations).map(([property, relation]) => [
      property,
      isToMany(relation) ? { ...relation, ...variantOf(shape, `${name}.${property}`) } : relation,
    ])
    const ids = relationNameOf(shape.ids, name)
    entities[name] = new EntitySchema<Row>({
      name,
      target,
      tableName: snake(name),
      columns: { ...columns },
      relations: Object.fromEntries(declared),
      ...(ids === undefined ? {} : { relationIds: { ids: { relationName: ids } } }),
      ...options,
    })
    return target
  }
  const entity = (name: string, { columns, relations = {}, ...rest }: Members = {}) =>
    schema(name, { columns: { ...identity, ...columns }, relations, ...rest }, BaseEntity)
  const child = (name: string, { relations, ...rest }: Members = { columns: { merchantId } }) =>
    entity(name, { relations: { customer: one("Customer", "customer_id", inverseOf[name]), ...relations }, ...rest })

  entity("Merchant")
  entity("Customer", {
    columns: { nickname: { type: "text", nullable: true } },
    relations: {
      ...Object.fromEntries(children.map(([property, target]) => [property, many(target, "customer")])),
      notes: many("Note", "customer", { cascade: true }),
      tags: linked("Tag", "customers", pivot("customer", "tag")),
      labels: linked("Label", "customers"),
      badges: linked("Badge", "customers", pivot("customer", "badge")),
      stages: linked("Stage", "customers", pivot("customer", "stage")),
    },
  })
  schema("Student", { columns: { id: identity.id, school: { type: "int", nullable: true } } }, BaseEntity)
  schema("Pupil", { columns: { id: identity.id }, relations: { academy: one("Merchant", "academy_id") } }, BaseEntity)
  child("Address", { columns: { merchantId, remark: { type: "text", nullable: true, select: false } } })
  child("Note", {
    columns: { merchantId: { ...merchantId, nullable: false } },
    relations: {
      customer: one("Customer", "customer_id", "notes", { nullable: false, orphanedRowAction: "delete" }),
    },
  })
  child("Account", { relations: { merchant: one("Merchant", "merchant_id") } })
  child("BigItem", { columns: { merchantId: { ...merchantId, type: "bigint" } } })
  schema(
    "Line",
    {
      columns: { series: { type: "text", primary: true }, number: { type: "int", primary: true }, label, merchantId },
      relations: { customer: one("Customer", "customer_id", "lines") },
    },
    BaseEntity,
  )
  const Vehicle = child("Vehicle", {
    columns: { merchantId, kind: { type: "text" } },
    options: { inheritance: { pattern: "STI", column: { name: "kind", type: "text" } } },
  })
  const kind = (discriminatorValue: string) => ({ type: "entity-child" as const, discriminatorValue })
  schema("Car", { columns: { doors: { type: "int", nullable: true } }, options: kind("car") }, Vehicle)
  schema("Truck", { columns: { load: { type: "int", nullable: true } }, options: kind("truck") }, Vehicle)
  // No class-table inheritance in TypeORM: the base table alone.
  child("Document")
  const scope = new EntitySchema<Row>({
    name: "Scope",
    columns: { merchantId: { ...merchantId, name: "scope_merchant_id" } },
  })
  child("Device", { options: { embeddeds: { scope: { schema: scope, prefix: "" } } } })
  child("Ticket", { columns: { merchantId: { ...merchantId, type: "text" } } })
  child("Coupon", { columns: { merchantId: { ...merchantId, type: "text" } } })
  child("Photo", { columns: { merchantId: { ...merchantId, select: false } } })
  child("Enrolment", { relations: { student: one("Student", "student_id") } })
  child("Visit", { relations: { pupil: one("Pupil", "pupil_id") } })
  child("Memo", {})
  for (const [name, property] of Object.entries({ Tag: "tags", Badge: "badges", Stage: "stages" })) {
    entity(name, { columns: { merchantId }, relations: { customers: linked("Customer", property) } })
  }
  entity("Label", {
    columns: { merchantId },
    relations: { customers: linked("Customer", "labels", pivot("label", "customer", "customer_label")) },
  })
  entity("Partner", {
    columns: { merchantId },
    relations: {
      partners: linked("Partner", "partnerOf", pivot("left", "right", "partner_partner")),
      partnerOf: linked("Partner", "partners"),
    },
  })
  entity("Purchase", { relations: { lines: many("PurchaseLine", "purchase") } })
  entity("PurchaseLine", {
    columns: { merchantId },
    relations: { purchase: one("Purchase", "purchase_id", "lines"), products: many("Product", "line") },
  })
  entity("Product", { columns: { merchantId }, relations: { line: one("PurchaseLine", "line_id", "products") } })
  return entities
}

const children = [
  ["addresses", "Address"],
  ["accounts", "Account"],
  ["bigItems", "BigItem"],
  ["lines", "Line"],
  ["vehicles", "Vehicle"],
  ["documents", "Document"],
  ["devices", "Device"],
  ["tickets", "Ticket"],
  ["coupons", "Coupon"],
  ["photos", "Photo"],
  ["enrolments", "Enrolment"],
  ["visits", "Visit"],
  ["memos", "Memo"],
] as const

const inverseOf: Readonly<Record<string, string>> = {
  Note: "notes",
  ...Object.fromEntries(children.map(([property, target]) => [target, property])),
}

const label: Column = { type: "text", nullable: true }
const identity: { readonly id: Column; readonly label: Column } = { id: { type: "int", primary: true }, label }
const merchantId: Column = { name: "merchant_id", type: "int", nullable: true }

function one(target: string, column: string, inverseSide?: string, options: object = {}) {
  const inverse = inverseSide === undefined ? {} : { inverseSide }
  return { type: "many-to-one", target, joinColumn: { name: column }, nullable: true, ...inverse, ...options }
}

function many(target: string, inverseSide: string, options: object = {}) {
  return { type: "one-to-many", target, inverseSide, cascade: ["insert", "update"], ...options }
}

function linked(target: string, inverseSide: string, options: object = {}) {
  return { type: "many-to-many", target, inverseSide, cascade: ["insert", "update"], ...options }
}

function pivot(left: string, right: string, name = `${left}_${right}`) {
  return { joinTable: { name, joinColumn: { name: `${left}_id` }, inverseJoinColumn: { name: `${right}_id` } } }
}

function isToMany(relation: object): boolean {
  return (relation as { type: string }).type.endsWith("-to-many")
}

function variantOf({ eager, isLazy = false }: Shape, key: string) {
  return { eager: key === eager, lazy: isLazy }
}

function relationNameOf(key: RelationKey | undefined, owner: string): string | undefined {
  const [entity, property] = key?.split(".") ?? []
  return entity === owner ? property : undefined
}

function snake(name: string): string {
  return name.replace(/(?<!^)[A-Z]/g, "_$&").toLowerCase()
}
