/** One to-many relation of the customer, and what its children are made of. */
export interface Hazard {
  /** The property path of the relation. */
  readonly path: string
  readonly child: string
  readonly table: string
  /** The properties that identify the child of this number. */
  readonly key: (number: number, customer: number) => object
  /** Whose it is, as the child holds it: the number of the tenant, or null for a shared one. */
  readonly tenant: (merchant: number | null) => object
  /** The columns of the key that a junction table refers to. */
  readonly junction?: { readonly table: string; readonly column: string }
  readonly lazy: boolean
}

const shapes: readonly (Pick<Hazard, "path" | "child"> & Partial<Hazard>)[] = [
  { path: "addresses", child: "Address" },
  { path: "invoices", child: "Invoice" },
  { path: "lines", child: "Line" },
  { path: "notes", child: "Note" },
  { path: "entries", child: "Entry" },
  { path: "views", child: "View" },
  { path: "tags", child: "Tag", junction: { table: "customer_tag", column: "tagId" } },
  { path: "teams", child: "Team", junction: { table: "team_customer", column: "teamId" } },
  { path: "badges", child: "Badge", junction: { table: "customer_badge", column: "badgeId" }, lazy: true },
  { path: "phones", child: "Phone" },
  { path: "purchases", child: "Purchase", lazy: true },
  { path: "contact.emails", child: "Email" },
  { path: "seats", child: "Seat", key: (number) => ({ hall: 1, place: `place ${number}` }) },
  { path: "slots", child: "Slot", key: (number, customerId) => ({ id: number, customerId }) },
  { path: "devices", child: "Device", key: (number) => ({ id: `00000000-0000-4000-8000-${pad(number)}` }) },
  { path: "vouchers", child: "Voucher", key: (number) => ({ id: `voucher ${number}` }) },
  { path: "meters", child: "Meter", key: (number) => ({ id: `900719925474099${number}` }) },
  { path: "crates", child: "Crate", key: (number) => ({ id: `crate ${number}` }) },
  { path: "payments", child: "Payment" },
  {
    path: "enrolments",
    child: "Enrolment",
    tenant: (merchant) => ({ student: { id: merchant ?? 3 } }),
  },
  { path: "sites", child: "Site" },
  { path: "secrets", child: "Secret" },
  { path: "offers", child: "Offer" },
]

/** The relations from the study, each with another way to lose what is missing from it. */
export const hazards: readonly Hazard[] = shapes.map((shape) => ({
  table: shape.child.toLowerCase(),
  key: (number) => ({ id: number }),
  tenant: (merchantId) => ({ merchantId }),
  lazy: false,
  ...shape,
}))

export const hazardPaths: readonly string[] = hazards.map(({ path }) => path)

export function hazardOf(path: string): Hazard {
  return hazards.find((hazard) => hazard.path === path)!
}

/** The children that there are in each relation: mixed, so that no order hides a mistake. */
export const seeded = [
  { number: 1, customer: 1, merchant: 1 },
  { number: 2, customer: 1, merchant: 2 },
  { number: 3, customer: 1, merchant: null },
  { number: 4, customer: 1, merchant: 2 },
  { number: 5, customer: 1, merchant: 1 },
  { number: 6, customer: 2, merchant: 1 },
  { number: 7, customer: 2, merchant: 2 },
] as const

export const foreignNumbers: readonly number[] = [2, 4, 7]

function pad(number: number): string {
  return String(number).padStart(12, "0")
}
