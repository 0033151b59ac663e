import type { TenantId } from "../../src/index.ts"

/** One to-many relation of the test domain, and how plain SQL answers what belongs to it. */
export interface Relation {
  readonly owner: string
  readonly property: string
  readonly child: string
  /** The child's table. */
  readonly table: string
  /** The child's tenant property, in the words of `FailsafeOptions`; undefined for a child that is not tenant-owned. */
  readonly tenant: string | undefined
  readonly kind: "1:m" | "m:n"
  readonly parents: readonly number[]
  /** Yields `parent`, `child` and `tenant` for every row of every tenant. */
  readonly pairs: string
  /** The two tenants whose scopes are tested; a third one owns rows too. */
  readonly tenants: readonly [TenantId, TenantId]
}

const uuids: [string, string] = ["6f1c2d0a-94be-4c11-8f6a-0a4f5a9d7b01", "0b8d1e8e-3c52-4a43-9d0f-b6e1c7a2f402"]
const customers = [1, 2, 3, 4, 5]

/** Keyed as the reports name them. */
export const relations = {
  "Customer.addresses": hanging("addresses", "Address", "address"),
  "Customer.notes": hanging("notes", "Note", "note"),
  "Customer.accounts": { ...hanging("accounts", "Account", "account"), tenant: "merchant" },
  "Customer.bigItems": hanging("bigItems", "BigItem", "big_item"),
  "Customer.lines": {
    ...hanging("lines", "Line", "line"),
    pairs: "select customer_id as parent, series || '-' || number as child, merchant_id as tenant from line",
  },
  "Customer.vehicles": hanging("vehicles", "Vehicle", "vehicle"),
  "Customer.documents": hanging("documents", "Document", "document"),
  "Customer.devices": {
    ...hanging("devices", "Device", "device"),
    tenant: "scope.merchantId",
    pairs: "select customer_id as parent, id as child, scope_merchant_id as tenant from device",
  },
  "Customer.tickets": { ...hanging("tickets", "Ticket", "ticket"), tenants: uuids },
  "Customer.coupons": { ...hanging("coupons", "Coupon", "coupon"), tenants: [0, 2] },
  "Customer.photos": hanging("photos", "Photo", "photo"),
  "Customer.enrolments": {
    ...hanging("enrolments", "Enrolment", "enrolment"),
    tenant: "student.school",
    pairs:
      "select customer_id as parent, enrolment.id as child, school as tenant " +
      "from enrolment join student on student.id = student_id",
  },
  "Customer.visits": {
    ...hanging("visits", "Visit", "visit"),
    tenant: "pupil.academy",
    pairs:
      "select customer_id as parent, visit.id as child, academy_id as tenant from visit join pupil on pupil.id = pupil_id",
  },
  "Customer.memos": {
    ...hanging("memos", "Memo", "memo"),
    tenant: undefined,
    pairs: "select customer_id as parent, id as child, null as tenant from memo",
  },
  "Customer.tags": linked("tags", "Tag", "tag"),
  "Customer.labels": linked("labels", "Label", "label"),
  "Customer.badges": linked("badges", "Badge", "badge"),
  "Customer.stages": linked("stages", "Stage", "stage"),
  "Partner.partners": {
    ...linked("partners", "Partner", "partner"),
    owner: "Partner",
    parents: [1, 6],
    pairs:
      "select left_id as parent, right_id as child, merchant_id as tenant " +
      "from partner_partner join partner on partner.id = right_id",
  },
  "Post.reactions": reactions("Post", "post"),
  "Comment.reactions": reactions("Comment", "comment"),
  "Purchase.lines": {
    ...hanging("lines", "PurchaseLine", "purchase_line"),
    owner: "Purchase",
    parents: [1, 2],
    pairs: "select purchase_id as parent, id as child, merchant_id as tenant from purchase_line",
  },
} as const satisfies Record<string, Relation>

export type RelationKey = keyof typeof relations

export const relationKeys = Object.keys(relations) as RelationKey[]

export function relationOf(key: RelationKey): Relation {
  return relations[key]
}

function hanging(property: string, child: string, table: string) {
  return {
    owner: "Customer" as const,
    property,
    child,
    table,
    tenant: "merchantId",
    kind: "1:m" as const,
    parents: customers,
    pairs: `select customer_id as parent, id as child, merchant_id as tenant from ${table}`,
    tenants: [1, 2] as [TenantId, TenantId],
  }
}

function linked(property: string, child: string, table: string) {
  return {
    ...hanging(property, child, table),
    kind: "m:n" as const,
    pairs:
      `select customer_id as parent, ${table}_id as child, merchant_id as tenant ` +
      `from customer_${table} join ${table} on ${table}.id = ${table}_id`,
  }
}

function reactions(owner: string, type: string) {
  return {
    ...hanging("reactions", "Reaction", "reaction"),
    owner,
    parents: [1, 2],
    pairs: `select target_id as parent, id as child, merchant_id as tenant from reaction where target_type = '${type}'`,
  }
}
