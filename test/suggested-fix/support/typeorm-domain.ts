import { EntitySchema, type EntitySchemaColumnOptions } from "typeorm"
import type * as rows from "./typeorm-rows.ts"

const id = { type: "int", primary: true } as const satisfies EntitySchemaColumnOptions
const merchantId = { type: "int", name: "merchant_id" } as const satisfies EntitySchemaColumnOptions
const optional = { ...merchantId, nullable: true } as const

export const Customer: EntitySchema<rows.Customer> = new EntitySchema<rows.Customer>({
  name: "Customer",
  columns: { id, name: { type: "text" } },
  relations: {
    addresses: many("Address"),
    notes: many("Note"),
    letters: { ...many("Letter"), lazy: true },
    orders: many("Order"),
    accounts: many("Account"),
    devices: many("Device"),
    lines: many("Line"),
    tickets: many("Ticket"),
    parcels: many("Parcel"),
    enrolments: many("Enrolment"),
    marks: many("Mark"),
    visits: many("Visit"),
    seats: many("Seat"),
    tags: linked("Tag", "customers", "customer", "tag"),
    labels: { type: "many-to-many", target: "Label", inverseSide: "customers" },
  },
})

export const Merchant: EntitySchema<rows.Merchant> = new EntitySchema<rows.Merchant>({
  name: "Merchant",
  columns: { id },
})

export const Address: EntitySchema<rows.Address> = new EntitySchema<rows.Address>({
  name: "Address",
  columns: { id, merchantId: optional },
  relations: { customer: customerBy("addresses") },
})

export const Note: EntitySchema<rows.Note> = new EntitySchema<rows.Note>({
  name: "Note",
  columns: { id, merchantId },
  relations: { customer: customerBy("notes") },
})

export const Letter: EntitySchema<rows.Letter> = new EntitySchema<rows.Letter>({
  name: "Letter",
  columns: { id, merchantId: optional },
  relations: { customer: customerBy("letters") },
})

export const Order: EntitySchema<rows.Order> = new EntitySchema<rows.Order>({
  name: "Order",
  tableName: "purchase",
  columns: { id, merchantId: optional },
  relations: { customer: customerBy("orders") },
})

export const Account: EntitySchema<rows.Account> = new EntitySchema<rows.Account>({
  name: "Account",
  columns: { id },
  relations: { merchant: one("Merchant", "merchant_id", true), customer: customerBy("accounts") },
})

const Scope = new EntitySchema<rows.Device["scope"]>({
  name: "Scope",
  columns: { merchantId: { ...optional, name: "scope_merchant_id" } },
})

export const Device: EntitySchema<rows.Device> = new EntitySchema<rows.Device>({
  name: "Device",
  columns: { id },
  embeddeds: { scope: { schema: Scope, prefix: "" } },
  relations: { customer: customerBy("devices") },
})

export const Line: EntitySchema<rows.Line> = new EntitySchema<rows.Line>({
  name: "Line",
  columns: { series: { type: "text", primary: true }, number: id, merchantId: optional },
  relations: { customer: customerBy("lines") },
})

export const Ticket: EntitySchema<rows.Ticket> = new EntitySchema<rows.Ticket>({
  name: "Ticket",
  columns: { id, merchantId: { ...merchantId, type: "text" } },
  relations: { customer: customerBy("tickets") },
})

export const Parcel: EntitySchema<rows.Parcel> = new EntitySchema<rows.Parcel>({
  name: "Parcel",
  columns: { id, merchantId: { ...merchantId, type: "bigint" } },
  relations: { customer: customerBy("parcels") },
})

export const Student: EntitySchema<rows.Student> = new EntitySchema<rows.Student>({
  name: "Student",
  columns: { id, school: { type: "int", nullable: true } },
  relations: { reports: { type: "one-to-many", target: "Report", inverseSide: "student" } },
})

export const Report: EntitySchema<rows.Report> = new EntitySchema<rows.Report>({
  name: "Report",
  columns: { id },
  relations: { student: { ...one("Student", "student_id", false), inverseSide: "reports" } },
})

export const Mark: EntitySchema<rows.Mark> = new EntitySchema<rows.Mark>({
  name: "Mark",
  columns: { id },
  relations: { enrolment: one("Enrolment", "enrolment_id", false), customer: customerBy("marks") },
})

export const Enrolment: EntitySchema<rows.Enrolment> = new EntitySchema<rows.Enrolment>({
  name: "Enrolment",
  columns: { id },
  relations: { student: one("Student", "student_id", true), customer: customerBy("enrolments") },
})

export const Pupil: EntitySchema<rows.Pupil> = new EntitySchema<rows.Pupil>({
  name: "Pupil",
  columns: { id },
  relations: { academy: one("Merchant", "academy_id", false) },
})

export const Visit: EntitySchema<rows.Visit> = new EntitySchema<rows.Visit>({
  name: "Visit",
  columns: { id },
  relations: { pupil: one("Pupil", "pupil_id", true), customer: customerBy("visits") },
})

export const Seat: EntitySchema<rows.Seat> = new EntitySchema<rows.Seat>({
  name: "Seat",
  columns: { id },
  relations: { pupil: one("Pupil", "pupil_id", false), customer: customerBy("seats") },
})

export const Tag: EntitySchema<rows.Tag> = new EntitySchema<rows.Tag>({
  name: "Tag",
  columns: { id, merchantId: optional },
  relations: { customers: { type: "many-to-many", target: "Customer", inverseSide: "tags" } },
})

export const Label: EntitySchema<rows.Label> = new EntitySchema<rows.Label>({
  name: "Label",
  columns: { id, merchantId },
  relations: { customers: linked("Customer", "labels", "label", "customer") },
})

export const Partner: EntitySchema<rows.Partner> = new EntitySchema<rows.Partner>({
  name: "Partner",
  columns: { id, merchantId: optional },
  relations: {
    partners: {
      ...linked("Partner", "partnerOf", "left", "right"),
      joinTable: table("partner_partner", "left", "right"),
    },
    partnerOf: { type: "many-to-many", target: "Partner", inverseSide: "partners" },
  },
})

const shop = [Customer, Merchant, Address, Note, Letter, Order, Account, Device, Line, Ticket, Parcel]
const school = [Student, Report, Mark, Enrolment, Pupil, Visit, Seat, Tag, Label, Partner]

export const entities: readonly EntitySchema[] = [...shop, ...school] as EntitySchema[]

function many(target: string) {
  return { type: "one-to-many", target, inverseSide: "customer" } as const
}

function one(target: string, column: string, nullable: boolean) {
  return { type: "many-to-one", target, joinColumn: { name: column }, nullable } as const
}

function customerBy(inverseSide: string) {
  return { ...one("Customer", "customer_id", true), inverseSide } as const
}

function linked(target: string, inverseSide: string, left: string, right: string) {
  const joinTable = table([left, right].toSorted().join("_"), left, right)
  return { type: "many-to-many", target, inverseSide, joinTable } as const
}

function table(name: string, left: string, right: string) {
  return { name, joinColumn: { name: `${left}_id` }, inverseJoinColumn: { name: `${right}_id` } }
}
