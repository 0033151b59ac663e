import { describe, expect, it } from "vitest"
import type { CallSite } from "../../src/core/call-site.ts"
import type { Finding } from "../../src/core/leak-report.ts"
import type { WriteFault } from "../../src/core/verdict.ts"
import { hangingForeign, writeRefused, type WriteOperation } from "../../src/core/write-refusals.ts"

const rows: Finding = {
  what: "write",
  orm: "typeorm",
  owner: "Address",
  relation: null,
  child: "Address",
  column: "merchantId",
}
const links: Finding = { ...rows, owner: "Customer", relation: "tags", child: "Tag", column: "scope.merchantId" }
const site: CallSite = { file: "src/checkout.ts", line: 12, function: "CheckoutService.pay" }
const nameless: CallSite = { file: "src/checkout.ts", line: 12, function: undefined }
const otherwise =
  "or do it in withoutTenant(reason, fn) or switchTenant(id, reason, fn) if it is meant. Nothing was sent."

type Case = readonly [
  what: string,
  write: readonly [fault: WriteFault, finding: Finding, operation: WriteOperation, rows: number, site?: CallSite],
  code: string,
  message: string,
]

const cases: readonly Case[] = [
  [
    "an update of a foreign row",
    ["foreign", rows, "update", 1, site],
    "WRITE_FOREIGN",
    "Updating Address in CheckoutService.pay (src/checkout.ts:12) would reach 1 row that belongs to another tenant. Write rows " +
      `whose merchantId is the current tenant, ${otherwise}`,
  ],
  [
    "several foreign rows, outside of any function",
    ["foreign", rows, "delete", 3, nameless],
    "WRITE_FOREIGN",
    "Deleting Address at src/checkout.ts:12 would reach 3 rows that belong to another tenant. Write rows whose merchantId is the " +
      `current tenant, ${otherwise}`,
  ],
  [
    "a place that is not known",
    ["foreign", rows, "upsert", 1],
    "WRITE_FOREIGN",
    `Upserting Address would reach 1 row that belongs to another tenant. Write rows whose merchantId is the current tenant, ${otherwise}`,
  ],
  [
    "a new row of another tenant",
    ["foreign", rows, "insert", 1],
    "WRITE_FOREIGN",
    `Inserting Address would reach 1 row that belongs to another tenant. Write rows whose merchantId is the current tenant, ${otherwise}`,
  ],
  [
    "a link to a row that row security does not show",
    ["hidden", links, "link", 1, site],
    "WRITE_FOREIGN",
    "Linking Customer.tags in CheckoutService.pay (src/checkout.ts:12) would refer to 1 row of Tag that row security does not show to " +
      "the current tenant: of another tenant, or not there. Foreign keys look past policies, so that the database would not refuse. " +
      "Link rows of the current tenant, or do it in switchTenant(id, reason, fn) if it is meant. Nothing was sent.",
  ],
  [
    "a new row whose tenant would be told by one that row security does not show",
    ["hidden", rows, "insert", 2],
    "WRITE_FOREIGN",
    "Inserting Address would refer to 2 rows of another entity that row security does not show to the current tenant: of another " +
      "tenant, or not there. Foreign keys look past policies, so that the database would not refuse. Link rows of the current tenant, " +
      "or do it in switchTenant(id, reason, fn) if it is meant. Nothing was sent.",
  ],
  [
    "a link to a foreign row",
    ["foreign", links, "link", 1],
    "WRITE_FOREIGN",
    `Linking Customer.tags would reach 1 row of Tag that belongs to another tenant. Link rows of the current tenant, ${otherwise}`,
  ],
  [
    "a link to foreign rows that is taken away",
    ["foreign", links, "unlink", 2],
    "WRITE_FOREIGN",
    `Unlinking Customer.tags would reach 2 rows of Tag that belong to another tenant. Link rows of the current tenant, ${otherwise}`,
  ],
  [
    "a table that is emptied",
    ["foreign", rows, "truncate", 1],
    "WRITE_FOREIGN",
    "Truncating Address would delete the rows of every tenant. Delete by a condition, which is confined to the current tenant, " +
      otherwise,
  ],
  [
    "rows whose tenant cannot be told",
    ["unknown", links, "link", 1],
    "TENANT_UNKNOWN",
    "Linking Customer.tags would touch 1 row whose tenant cannot be read from scope.merchantId. Correct what is stored there, or " +
      "write it in withoutTenant(reason, fn). Nothing was sent.",
  ],
  [
    "rows that would get another tenant",
    ["moved", rows, "update", 2],
    "TENANT_IMMUTABLE",
    "Updating Address would give 2 rows another tenant. merchantId is fixed once a row is stored: insert a new row for the other " +
      "tenant, or move it in withoutTenant(reason, fn). Nothing was sent.",
  ],
  [
    "a shared row that would become one tenant's",
    ["claimed", rows, "update", 1],
    "TENANT_IMMUTABLE",
    "Updating Address would make 1 row that all tenants share one tenant's own. If shared rows of Address may be claimed, say so " +
      "with { claimable: ['Address'] }, or do it in withoutTenant(reason, fn). Nothing was sent.",
  ],
  [
    "a new row that names none of several tenants",
    ["unnamed", rows, "insert", 1],
    "TENANT_AMBIGUOUS",
    "Inserting Address leaves 1 row without a tenant, for every tenant to see. Set merchantId: withTenants has several to choose from, " +
      "withTenant(id, fn) narrows to one. Shared rows are made in withoutTenant(reason, fn). Nothing was sent.",
  ],
]

describe("writeRefused", () => {
  it.each(cases)("says what, where, and what to do instead: %s", (_, write, code, message) => {
    const [fault, finding, operation, count, place] = write

    const refusal = writeRefused({ fault, finding, operation, rows: count }, place)

    expect([refusal.code, refusal.message]).toEqual([code, message])
  })

  it("tells a program the place, the operation and the number of rows", () => {
    expect(writeRefused({ fault: "foreign", finding: links, operation: "link", rows: 2 }, site).details).toEqual({
      owner: "Customer",
      relation: "tags",
      child: "Tag",
      column: "scope.merchantId",
      operation: "link",
      rows: 2,
      place: "src/checkout.ts:12",
    })
  })

  it("leaves out a place that is not known", () => {
    const { details } = writeRefused({ fault: "foreign", finding: rows, operation: "update", rows: 1 }, undefined)

    expect(Object.keys(details)).toEqual(["owner", "relation", "child", "column", "operation", "rows"])
  })
})

describe("hangingForeign", () => {
  const byRelation = [
    [{ ...rows, owner: "Note", relation: "customer", child: "Note" }, 3],
    [links, 1],
  ] as const

  it("counts by relation what would be reached", () => {
    const { code, message } = hangingForeign({ ...rows, owner: "Customer", child: "Customer" }, byRelation, nameless)

    expect([code, message]).toEqual([
      "WRITE_FOREIGN",
      "Deleting Customer at src/checkout.ts:12 would reach rows of other tenants that hang on it: Note.customer (3), Customer.tags (1). " +
        "Keep it and remove the own rows only, or delete it in withoutTenant(reason, fn) if every tenant's rows are meant. " +
        "Nothing was sent.",
    ])
  })

  it("tells a program the counts", () => {
    expect(hangingForeign(rows, byRelation, undefined).details).toEqual({
      owner: "Address",
      relation: null,
      child: "Address",
      column: "merchantId",
      operation: "delete",
      hanging: { "Note.customer": 3, "Customer.tags": 1 },
    })
  })
})
