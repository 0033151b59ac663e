import fc from "fast-check"
import type { Tenant } from "./schema.ts"

/** The tenants whose scope a step runs in: `withTenant` for one, `withTenants` for several. */
export type StepScope = readonly Tenant[]

/** One random write. Rows are told by a number, of which the remainder picks one of those that are there; so are the ways to write. */
export type Step = { readonly scope: StepScope; readonly way: number } & StepKind

export type StepKind =
  | { readonly kind: "update"; readonly entity: Written; readonly row: number }
  | { readonly kind: "delete"; readonly entity: Removed; readonly row: number }
  | { readonly kind: "insert"; readonly tenant: Tenant | null; readonly address: number | null }
  | { readonly kind: "bulk update"; readonly entity: Written; readonly rows: readonly number[] }
  | { readonly kind: "bulk delete"; readonly entity: Removed; readonly rows: readonly number[] }
  | {
      readonly kind: "move"
      readonly entity: "Address" | "Product"
      readonly row: number
      readonly tenant: Tenant | null
    }
  | { readonly kind: "link"; readonly row: number; readonly address: number }
  | {
      readonly kind: "join" | "part"
      readonly owner: "Customer" | "Product"
      readonly row: number
      readonly tag: number
    }
  | { readonly kind: "upsert"; readonly row: number; readonly isByNumber: boolean }
  | { readonly kind: "forget" }

export type Written = "Address" | "Note" | "Parcel" | "Product" | "Tag"
export type Removed = "Address" | "Note" | "Parcel" | "Tag"

const tenant = fc.constantFrom<Tenant>(1, 2, 3)
const row = fc.nat(50)
const rows = fc.array(row, { minLength: 1, maxLength: 4 })
const written = fc.constantFrom<Written>("Address", "Note", "Parcel", "Product", "Tag")
const removed = fc.constantFrom<Removed>("Address", "Note", "Parcel", "Tag")
const owner = fc.constantFrom("Customer", "Product")

const anyKind: fc.Arbitrary<StepKind> = fc.oneof(
  fc.record({ kind: fc.constant("update"), entity: written, row }),
  fc.record({ kind: fc.constant("delete"), entity: removed, row }),
  fc.record({ kind: fc.constant("insert"), tenant: fc.option(tenant), address: fc.option(row) }),
  fc.record({ kind: fc.constant("bulk update"), entity: written, rows }),
  fc.record({ kind: fc.constant("bulk delete"), entity: removed, rows }),
  fc.record({
    kind: fc.constant("move"),
    entity: fc.constantFrom("Address", "Product"),
    row,
    tenant: fc.option(tenant),
  }),
  fc.record({ kind: fc.constant("link"), row, address: row }),
  fc.record({ kind: fc.constantFrom("join", "part"), owner, row, tag: row }),
  fc.record({ kind: fc.constant("upsert"), row, isByNumber: fc.boolean() }),
  fc.record({ kind: fc.constant("forget") }),
)

const anyScope: fc.Arbitrary<StepScope> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(tenant) },
  { weight: 1, arbitrary: fc.constant([1, 2] as const) },
)

/** Random writes, each in a random scope; the same manager makes them all. */
export const anySteps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.tuple(anyScope, fc.nat(20), anyKind).map(([scope, way, kind]) => ({ scope, way, ...kind })),
  { minLength: 1, maxLength: 8 },
)
