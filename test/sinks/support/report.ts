import { leakReport, type Finding, type LeakReport } from "../../../src/core/leak-report.ts"

const finding: Finding = {
  what: "dropped",
  orm: "mikro-orm",
  owner: "Customer",
  relation: "addresses",
  child: "Address",
  column: "merchantId",
}

/** A report of one load, as the adapters make it. */
export function reportOf(of: Partial<Finding> = {}, rows = 2, time = new Date("2026-11-22T10:00:00Z")): LeakReport {
  const site = { file: "src/customers.ts", line: 12, function: "listCustomers" }
  return leakReport({ ...finding, ...of }, { loaded: 5, rows }, rows, site, time)
}
