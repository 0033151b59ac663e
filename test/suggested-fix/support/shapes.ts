import type { TenantPath } from "../../../src/core/suggested-fix.ts"

/** A to-many relation whose rows have a tenant of one shape, and what plain SQL knows of it. */
export interface Shape {
  readonly owner: string
  readonly relation: string
  readonly child: string
  readonly column: string
  readonly tenant: TenantPath
  /** Yields `parent`, `child` and `tenant` of the rows of every tenant. */
  readonly pairs: string
}

const optional = { name: "merchantId", isNullable: true }
const required = { name: "merchantId", isNullable: false }

/** By what is special about each. */
export const shapes: Readonly<Record<string, Shape>> = {
  "a column, or shared": hanging("addresses", "Address", { steps: [optional], type: "number" }),
  "a column": hanging("notes", "Note", { steps: [required], type: "number" }),
  "a lazy relation": hanging("letters", "Letter", { steps: [optional], type: "number" }),
  "a name that SQL reserves": {
    ...hanging("orders", "Order", { steps: [optional], type: "number" }),
    pairs: "select customer_id as parent, id as child, merchant_id as tenant from purchase",
  },
  text: hanging("tickets", "Ticket", { steps: [required], type: "string" }),
  "a bigint": hanging("parcels", "Parcel", { steps: [required], type: "bigint" }),
  "a child with a composite key": {
    ...hanging("lines", "Line", { steps: [optional], type: "number" }),
    pairs: "select customer_id as parent, number as child, merchant_id as tenant from line",
  },
  embedded: {
    ...hanging("devices", "Device", { steps: [{ name: "scope", isNullable: false }, optional], type: "number" }),
    pairs: "select customer_id as parent, id as child, scope_merchant_id as tenant from device",
  },
  "a relation": hanging("accounts", "Account", { steps: [ofMerchant("merchant", true)], type: "number" }),
  "the parent's column, or shared": {
    ...hanging("enrolments", "Enrolment", {
      steps: [
        { name: "student", isNullable: true, target: { entity: "Student", key: "id" } },
        { name: "school", isNullable: true },
      ],
      type: "number",
    }),
    pairs:
      "select customer_id as parent, enrolment.id as child, school as tenant " +
      "from enrolment left join student on student.id = student_id",
  },
  "the parent's relation": { ...hanging("seats", "Seat", throughPupil(false)), pairs: pairsThroughPupil("seat") },
  "the parent's relation, or shared": {
    ...hanging("visits", "Visit", throughPupil(true)),
    pairs: pairsThroughPupil("visit"),
  },
  "the grandparent's column": {
    ...hanging("marks", "Mark", {
      steps: [
        { name: "enrolment", isNullable: false, target: { entity: "Enrolment", key: "id" } },
        { name: "student", isNullable: true, target: { entity: "Student", key: "id" } },
        { name: "school", isNullable: true },
      ],
      type: "number",
    }),
    pairs:
      "select mark.customer_id as parent, mark.id as child, school as tenant from mark " +
      "join enrolment on enrolment.id = enrolment_id left join student on student.id = student_id",
  },
  "the owner's column": {
    ...hanging("reports", "Report", {
      steps: [
        { name: "student", isNullable: false, target: { entity: "Student", key: "id" } },
        { name: "school", isNullable: true },
      ],
      type: "number",
    }),
    owner: "Student",
    pairs:
      "select student_id as parent, report.id as child, school as tenant from report join student on student.id = student_id",
  },
  "many-to-many": linked("tags", "Tag", optional),
  "many-to-many, the other side": linked("labels", "Label", required),
  "an entity linked with itself": {
    ...hanging("partners", "Partner", { steps: [optional], type: "number" }),
    owner: "Partner",
    pairs:
      "select left_id as parent, right_id as child, merchant_id as tenant " +
      "from partner_partner join partner on partner.id = right_id",
  },
}

export const failsafeOptions = {
  tenantProperty: ["scope.merchantId", "merchantId", "merchant"],
  entities: {
    Enrolment: "student.school",
    Visit: "pupil.academy",
    Seat: "pupil.academy",
    Mark: "enrolment.student.school",
    Report: "student.school",
  },
}

/** What the queries of the tests ask for: the rows with keys up to these. */
export const lastParent = 3
export const lastChild = 5

/**
 * Three parents: one with rows of everybody's, one with foreign ones alone, one without any. A fourth one with an own row is not asked
 * for.
 */
export const rows: readonly string[] = [
  "insert into merchant (id) values (1), (2)",
  "insert into customer (id, name) values (1, 'Ada'), (2, 'Bob'), (3, 'Eve'), (4, 'Out')",
  ...["address", "note", "letter", "purchase", "ticket", "parcel", "account"].map(
    (table) =>
      `insert into ${table} (id, merchant_id, customer_id) values (1, 1, 1), (2, 2, 1), (3, 1, 1), (4, 2, 2), (6, 1, 4)`,
  ),
  ...["address", "letter", "purchase", "account"].map(
    (table) => `insert into ${table} (id, merchant_id, customer_id) values (5, null, 1)`,
  ),
  "insert into line (series, number, merchant_id, customer_id) values " +
    "('a', 1, 1, 1), ('a', 2, 2, 1), ('a', 4, 2, 2), ('a', 5, null, 1), ('a', 6, 1, 4)",
  "insert into device (id, scope_merchant_id, customer_id) values (1, 1, 1), (2, 2, 1), (4, 2, 2), (5, null, 1), (6, 1, 4)",
  "insert into student (id, school) values (1, 1), (2, 2), (3, null), (4, 1)",
  "insert into enrolment (id, student_id, customer_id) values " +
    "(1, 1, 1), (2, 2, 1), (3, 3, 1), (4, 2, 2), (5, null, 1), (6, 1, 4)",
  "insert into mark (id, enrolment_id, customer_id) values (1, 1, 1), (2, 2, 1), (3, 3, 1), (4, 2, 2), (5, 5, 1), (6, 1, 4)",
  "insert into report (id, student_id) values (1, 1), (2, 2), (3, 3), (4, 2), (6, 4)",
  "insert into pupil (id, academy_id) values (1, 1), (2, 2)",
  "insert into visit (id, pupil_id, customer_id) values (1, 1, 1), (2, 2, 1), (4, 2, 2), (5, null, 1), (6, 1, 4)",
  "insert into seat (id, pupil_id, customer_id) values (1, 1, 1), (2, 2, 1), (3, 1, 1), (4, 2, 2), (6, 1, 4)",
  "insert into tag (id, merchant_id) values (1, 1), (2, 2), (3, 1), (5, null), (6, 1)",
  "insert into label (id, merchant_id) values (1, 1), (2, 2), (3, 1), (6, 1)",
  "insert into customer_tag (customer_id, tag_id) values (1, 1), (1, 2), (1, 3), (2, 2), (1, 5), (4, 6)",
  "insert into customer_label (customer_id, label_id) values (1, 1), (1, 2), (1, 3), (2, 2), (4, 6)",
  "insert into partner (id, merchant_id) values (1, null), (2, null), (3, null), (4, 1), (5, 2), (6, 1)",
  "insert into partner_partner (left_id, right_id) values (1, 4), (1, 5), (1, 3), (2, 5), (6, 4)",
]

function ofMerchant(name: string, isNullable: boolean): TenantPath["steps"][number] {
  return { name, isNullable, target: { entity: "Merchant", key: "id" } }
}

function throughPupil(isNullable: boolean): TenantPath {
  const pupil = { name: "pupil", isNullable, target: { entity: "Pupil", key: "id" } }
  return { steps: [pupil, ofMerchant("academy", false)], type: "number" }
}

function pairsThroughPupil(table: string): string {
  return (
    `select customer_id as parent, ${table}.id as child, academy_id as tenant ` +
    `from ${table} left join pupil on pupil.id = pupil_id`
  )
}

function hanging(relation: string, child: string, tenant: TenantPath): Shape {
  const column = tenant.steps.map(({ name }) => name).join(".")
  const pairs = `select customer_id as parent, id as child, merchant_id as tenant from ${child.toLowerCase()}`
  return { owner: "Customer", relation, child, column, tenant, pairs }
}

function linked(relation: string, child: string, step: TenantPath["steps"][number]): Shape {
  const table = child.toLowerCase()
  return {
    ...hanging(relation, child, { steps: [step], type: "number" }),
    pairs:
      `select customer_id as parent, ${table}_id as child, merchant_id as tenant ` +
      `from customer_${table} join ${table} on ${table}.id = ${table}_id`,
  }
}
