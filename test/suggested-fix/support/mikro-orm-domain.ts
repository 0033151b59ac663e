import { defineEntity, p } from "@mikro-orm/core"

/** A column that each kind of application has: a tenant of its own, nobody's, a relation, embedded, or its parent's. */
export const Customer = defineEntity({
  name: "Customer",
  properties: () => ({
    id: p.integer().primary(),
    name: p.string(),
    addresses: () => p.oneToMany(Address).mappedBy("customer"),
    // Filtered by the relation itself, for the negative control.
    homes: () => p.oneToMany(Address).mappedBy("customer").where({ merchantId: 1 }),
    notes: () => p.oneToMany(Note).mappedBy("customer"),
    letters: () => p.oneToMany(Letter).mappedBy("customer"),
    orders: () => p.oneToMany(Order).mappedBy("customer"),
    accounts: () => p.oneToMany(Account).mappedBy("customer"),
    devices: () => p.oneToMany(Device).mappedBy("customer"),
    lines: () => p.oneToMany(Line).mappedBy("customer"),
    tickets: () => p.oneToMany(Ticket).mappedBy("customer"),
    parcels: () => p.oneToMany(Parcel).mappedBy("customer"),
    enrolments: () => p.oneToMany(Enrolment).mappedBy("customer"),
    marks: () => p.oneToMany(Mark).mappedBy("customer"),
    visits: () => p.oneToMany(Visit).mappedBy("customer"),
    seats: () => p.oneToMany(Seat).mappedBy("customer"),
    tags: () => p.manyToMany(Tag).pivotTable("customer_tag").joinColumn("customer_id").inverseJoinColumn("tag_id"),
    labels: () => p.manyToMany(Label).mappedBy("customers"),
  }),
})

export const Address = defineEntity({
  name: "Address",
  properties: () => ({
    id: p.integer().primary(),
    merchantId: p.integer().nullable(),
    customer: () => p.manyToOne(Customer).nullable(),
  }),
})

export const Note = defineEntity({
  name: "Note",
  properties: () => ({
    id: p.integer().primary(),
    merchantId: p.integer(),
    customer: () => p.manyToOne(Customer).nullable(),
  }),
})

export const Letter = defineEntity({
  name: "Letter",
  properties: () => ({
    id: p.integer().primary(),
    merchantId: p.integer().nullable(),
    customer: () => p.manyToOne(Customer).nullable(),
  }),
})

export const Order = defineEntity({
  name: "Order",
  tableName: "purchase",
  properties: () => ({
    id: p.integer().primary(),
    merchantId: p.integer().nullable(),
    customer: () => p.manyToOne(Customer).nullable(),
  }),
})

export const Merchant = defineEntity({ name: "Merchant", properties: { id: p.integer().primary() } })

export const Account = defineEntity({
  name: "Account",
  properties: () => ({
    id: p.integer().primary(),
    merchant: () => p.manyToOne(Merchant).nullable(),
    customer: () => p.manyToOne(Customer).nullable(),
  }),
})

const Scope = defineEntity({ name: "Scope", embeddable: true, properties: { merchantId: p.integer().nullable() } })

export const Device = defineEntity({
  name: "Device",
  properties: () => ({
    id: p.integer().primary(),
    scope: () => p.embedded(Scope),
    customer: () => p.manyToOne(Customer).nullable(),
  }),
})

export const Line = defineEntity({
  name: "Line",
  properties: () => ({
    series: p.string().primary(),
    number: p.integer().primary(),
    merchantId: p.integer().nullable(),
    customer: () => p.manyToOne(Customer).nullable(),
  }),
})

export const Ticket = defineEntity({
  name: "Ticket",
  properties: () => ({
    id: p.integer().primary(),
    merchantId: p.string(),
    customer: () => p.manyToOne(Customer).nullable(),
  }),
})

export const Parcel = defineEntity({
  name: "Parcel",
  properties: () => ({
    id: p.integer().primary(),
    merchantId: p.bigint(),
    customer: () => p.manyToOne(Customer).nullable(),
  }),
})

export const Student = defineEntity({
  name: "Student",
  properties: () => ({
    id: p.integer().primary(),
    school: p.integer().nullable(),
    reports: () => p.oneToMany(Report).mappedBy("student"),
  }),
})

export const Report = defineEntity({
  name: "Report",
  properties: () => ({ id: p.integer().primary(), student: () => p.manyToOne(Student) }),
})

export const Mark = defineEntity({
  name: "Mark",
  properties: () => ({
    id: p.integer().primary(),
    enrolment: () => p.manyToOne(Enrolment),
    customer: () => p.manyToOne(Customer).nullable(),
  }),
})

export const Enrolment = defineEntity({
  name: "Enrolment",
  properties: () => ({
    id: p.integer().primary(),
    student: () => p.manyToOne(Student).nullable(),
    customer: () => p.manyToOne(Customer).nullable(),
  }),
})

export const Pupil = defineEntity({
  name: "Pupil",
  properties: () => ({ id: p.integer().primary(), academy: () => p.manyToOne(Merchant) }),
})

export const Visit = defineEntity({
  name: "Visit",
  properties: () => ({
    id: p.integer().primary(),
    pupil: () => p.manyToOne(Pupil).nullable(),
    customer: () => p.manyToOne(Customer).nullable(),
  }),
})

export const Seat = defineEntity({
  name: "Seat",
  properties: () => ({
    id: p.integer().primary(),
    pupil: () => p.manyToOne(Pupil),
    customer: () => p.manyToOne(Customer).nullable(),
  }),
})

export const Tag = defineEntity({
  name: "Tag",
  properties: () => ({
    id: p.integer().primary(),
    merchantId: p.integer().nullable(),
    customers: () => p.manyToMany(Customer).mappedBy("tags"),
  }),
})

export const Label = defineEntity({
  name: "Label",
  properties: () => ({
    id: p.integer().primary(),
    merchantId: p.integer(),
    customers: () =>
      p.manyToMany(Customer).pivotTable("customer_label").joinColumn("label_id").inverseJoinColumn("customer_id"),
  }),
})

export const Partner = defineEntity({
  name: "Partner",
  properties: () => ({
    id: p.integer().primary(),
    merchantId: p.integer().nullable(),
    partners: () =>
      p.manyToMany(Partner).pivotTable("partner_partner").joinColumn("left_id").inverseJoinColumn("right_id"),
  }),
})

const shop = [Customer, Address, Note, Letter, Order, Merchant, Account, Scope, Device, Line, Ticket, Parcel]
const school = [Student, Report, Mark, Enrolment, Pupil, Visit, Seat, Tag, Label, Partner]

export const entities: readonly (typeof shop | typeof school)[number][] = [...shop, ...school]
