import { BaseEntity, type ColumnType, EntitySchema, type EntitySchemaOptions } from "typeorm"

/** An entity whose shape only the tests know. */
export type Row = Record<string, unknown>

export type ShopEntities = Readonly<Record<string, EntitySchema<Row>>>

interface Column {
  readonly type: ColumnType
  readonly [option: string]: unknown
}

interface Members {
  readonly columns?: Readonly<Record<string, Column>>
  readonly relations?: Readonly<Record<string, object>>
  readonly options?: Partial<EntitySchemaOptions<Row>>
}

/** The entities of the write guard's domain. Made anew for each DataSource, because classes remember the one they belong to. */
export function shopEntities(): ShopEntities {
  const entities: Record<string, EntitySchema<Row>> = {}
  const entity = (name: string, { columns, relations = {}, options = {} }: Members = { columns: { merchantId } }) => {
    entities[name] = new EntitySchema<Row>({
      name,
      target: { [name]: class extends BaseEntity {} }[name]!,
      tableName: name.toLowerCase(),
      columns: { ...(columns?.["series"] === undefined ? identity : {}), ...columns },
      relations,
      ...options,
    } as EntitySchemaOptions<Row>)
  }

  entity("Merchant", {})
  entity("Customer", {
    relations: {
      addresses: many("Address", "customer", { cascade: ["insert", "update"] }),
      notes: many("Note", "customer"),
      tags: linked("Tag", "customers", pivot("customer", "tag")),
    },
  })
  entity("Student", { columns: { school: { type: "int", nullable: true } } })
  entity("Address", {
    columns: { merchantId },
    relations: {
      customer: one("Customer", "customer_id", "addresses"),
      parcels: many("Parcel", "address", { cascade: ["insert", "update"] }),
    },
  })
  entity("Note", {
    columns: { merchantId: { ...merchantId, nullable: false } },
    relations: {
      customer: one("Customer", "customer_id", "notes", { nullable: false, onDelete: "CASCADE" }),
      replies: many("Reply", "note"),
    },
  })
  entity("Reply", {
    columns: { merchantId },
    relations: { note: one("Note", "note_id", "replies", { onDelete: "CASCADE" }) },
  })
  entity("Parcel", {
    columns: {
      merchantId,
      amount: { type: "int", nullable: true },
      deletedAt: { name: "deleted_at", type: "datetime", nullable: true, deleteDate: true },
    },
    relations: { address: one("Address", "address_id", "parcels", { onDelete: "SET NULL" }) },
  })
  entity("Category", {
    columns: { merchantId },
    relations: { parent: one("Category", "parent_id", undefined, { onDelete: "CASCADE" }) },
  })
  entity("Tag", {
    columns: { merchantId },
    relations: { customers: linked("Customer", "tags"), products: linked("Product", "tags") },
  })
  entity("Product", {
    columns: { merchantId, sku: { type: "text", nullable: true, unique: true } },
    relations: { tags: linked("Tag", "products", pivot("product", "tag")) },
  })
  entity("Price", { columns: { merchantId }, relations: { product: one("Product", "product_id") } })
  entity("Account", { relations: { merchant: one("Merchant", "merchant_id") } })
  const scope = new EntitySchema<Row>({
    name: "Scope",
    columns: { merchantId: { ...merchantId, name: "scope_merchant_id" } },
  })
  entity("Device", { options: { embeddeds: { scope: { schema: scope, prefix: "" } } } })
  entity("Enrolment", { relations: { student: one("Student", "student_id") } })
  entity("Line", {
    columns: { series: { type: "text", primary: true }, number: { type: "int", primary: true }, label, merchantId },
  })
  entity("Ticket", { columns: { merchantId: { ...merchantId, type: "text" } } })
  entity("Meter", { columns: { merchantId: { ...merchantId, type: "float" } } })
  return entities
}

const label: Column = { type: "text", nullable: true }
const identity: Readonly<Record<string, Column>> = { id: { type: "int", primary: true }, label }
const merchantId: Column = { name: "merchant_id", type: "int", nullable: true }

function one(target: string, column: string, inverseSide?: string, options: object = {}) {
  const inverse = inverseSide === undefined ? {} : { inverseSide }
  return { type: "many-to-one", target, joinColumn: { name: column }, nullable: true, ...inverse, ...options }
}

function many(target: string, inverseSide: string, options: object = {}) {
  return { type: "one-to-many", target, inverseSide, ...options }
}

function linked(target: string, inverseSide: string, options: object = {}) {
  return { type: "many-to-many", target, inverseSide, ...options }
}

function pivot(left: string, right: string) {
  return {
    joinTable: {
      name: `${left}_${right}`,
      joinColumn: { name: `${left}_id` },
      inverseJoinColumn: { name: `${right}_id` },
    },
  }
}
