import type { LeakOverflow, LeakReport } from "../../../src/core/leak-report.ts"

/** A record as a process writes it. */
export function recordOf(change: Partial<LeakReport> = {}): LeakReport {
  return {
    event: "tenant_leak",
    v: 1,
    kind: "first",
    what: "dropped",
    orm: "mikro-orm",
    owner: "Customer",
    relation: "addresses",
    child: "Address",
    column: "merchantId",
    fingerprint: "v1:09c0da4f603c5b17",
    loaded: 7,
    rows: 4,
    dropped: 4,
    events: 1,
    maxDropped: 4,
    firstSeen: "2026-11-20T10:15:00.000Z",
    lastSeen: "2026-11-20T10:15:00.000Z",
    "code.file.path": "src/customers.ts",
    "code.line.number": 12,
    "code.function.name": "listCustomers",
    ...change,
  }
}

export const overflow: LeakOverflow = {
  event: "tenant_leak_overflow",
  v: 1,
  events: 3,
  rows: 7,
  dropped: 6,
  firstSeen: "2026-11-20T10:00:00.000Z",
  lastSeen: "2026-11-20T11:00:00.000Z",
}

/** The fingerprint with this number. */
export function fingerprint(number: number): string {
  return `v1:${number.toString(16).padStart(16, "0")}`
}
