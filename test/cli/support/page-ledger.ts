import type { Ledger, LedgerEntry } from "../../../src/cli/ledger.ts"

/** A finding as a reader would give it, with the changes that a test is about. */
export function entry(change: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    what: "dropped",
    fingerprint: "v1:b031d3ef80a10e9f",
    orm: "mikro-orm",
    owner: "Customer",
    relation: "addresses",
    child: "Address",
    column: "merchantId",
    place: { file: "src/customers.ts", line: 12, function: "listCustomers" },
    fix: undefined,
    events: 17,
    loaded: 90,
    rows: 40,
    dropped: 40,
    maxDropped: 4,
    firstSeen: "2026-11-22T10:20:30.400Z",
    lastSeen: "2026-11-23T11:00:00.000Z",
    releases: ["2026.11.1"],
    routes: ["/customers/:id"],
    hours: [
      ["2026-11-22T10:00:00.000Z", 12],
      ["2026-11-23T11:00:00.000Z", 5],
    ],
    ...change,
  }
}

/** What was read, with the changes that a test is about. */
export function ledger(
  entries: readonly LedgerEntry[],
  change: Partial<Omit<Ledger, "input">> & { readonly input?: Partial<Ledger["input"]> } = {},
): Ledger {
  const input = { files: 3, bytes: 57_200_000, lines: 400_000, records: 812, unreadable: 0, ...change.input }
  return { overflow: { events: 0, rows: 0, dropped: 0 }, ...change, entries, input }
}

/** Findings of a week in a shop: every kind, long and short names, with and without a place and a fix. */
export function weekOfFindings(): LedgerEntry[] {
  return kinds.map((what, index) => {
    const [owner, relation, child] = relations[index % relations.length]!
    const events = 4200 >> index
    const isRoot = what === "root"
    const isPassed = what !== "dropped"
    return entry({
      what,
      owner: isRoot ? child : owner,
      relation: isRoot ? null : relation,
      child,
      orm: index % 3 === 2 ? "typeorm" : "mikro-orm",
      column: index % 4 === 3 ? "scope.merchantId" : "merchantId",
      fingerprint: `v1:${(0xb031d3ef + index * 0x1234567).toString(16)}80a10e9f`,
      place: index === 6 ? undefined : places[index % places.length],
      fix: index % 3 === 2 ? undefined : fixes[index % 2],
      events,
      loaded: events * 13,
      rows: events * 7,
      dropped: isPassed ? 0 : events * 7,
      maxDropped: isPassed ? 0 : 40 - index,
      firstSeen: `2026-11-20T0${index % 9}:12:30.400Z`,
      lastSeen: `2026-11-2${(index % 3) + 1}T1${index % 9}:40:02.000Z`,
      releases: Array.from({ length: (index % 5) + 1 }, (_, release) => `2026.11.${release + 1}`),
      routes: index === 6 ? [] : routes.slice(0, (index % 3) + 1),
      hours: hours(index),
    })
  })
}

/** Many findings, each with other numbers. */
export function manyFindings(count: number): LedgerEntry[] {
  const week = weekOfFindings()
  return Array.from({ length: count }, (_, index) => ({
    ...week[index % week.length]!,
    owner: `Entity${index}`,
    relation: `relation${(index * 7919) % count}`,
    fingerprint: `v1:${index.toString(16).padStart(16, "0")}`,
    events: 2 * count - index,
  }))
}

const kinds = ["dropped", "dropped", "kept", "dropped", "root", "dropped", "no-tenant", "reference", "unknown"] as const

const relations = [
  ["Customer", "addresses", "Address"],
  ["Invoice", "lines", "InvoiceLine"],
  ["SupportConversation", "internalFollowUpMessages", "SupportConversationMessage"],
  ["Product", "priceOverrides", "PriceOverride"],
  ["Order", "shipments", "Shipment"],
] as const

const places = [
  { file: "src/customers/customer.service.ts", line: 112, function: "CustomerService.listCustomers" },
  { file: "src/billing/invoices.ts", line: 48, function: "renderInvoice" },
  { file: "src/support/conversations/conversation.repository.ts", line: 1204, function: undefined },
]

const fixes = [
  `import { requireTenant } from "tenant-failsafe"

await em.find(Customer, where, {
  populate: ["addresses"],
  populateWhere: { addresses: { merchantId: requireTenant() } },
})`,
  `await invoice.lines.init({ where: { merchantId: requireTenant() } })`,
]

const routes = ["/customers/:id", "/merchants/:merchant/invoices/:invoice/lines", "/support/conversations"]

function hours(finding: number): [string, number][] {
  return Array.from({ length: 96 }, (_, hour): [string, number] => {
    const time = new Date(Date.UTC(2026, 10, 20) + hour * 3_600_000)
    const isWorkday = time.getUTCHours() >= 7 && time.getUTCHours() < 19
    return [time.toISOString(), (hour * 37 + finding * 11) % (isWorkday ? 60 : 7)]
  }).filter(([, events]) => events > 0)
}
