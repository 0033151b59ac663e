import Table from "cli-table3"
import { fixed, mark, ratio } from "./cells.ts"
import type { ManyTablesRow } from "./many-tables-cases.ts"
import type { RatioRow } from "./ratio-row.ts"

export function rowSecurityText(rows: readonly RatioRow[]): string {
  return [
    "Row security: one statement by a role that owns nothing, in a transaction that has its tenant; wall time, as a ratio to a hand-written",
    "condition on an indexed column of a table without policies, on the same connection. A tenant has 900 rows of 1,000,800, spread over the",
    "table. read: all of them; point: one by its key; insert: 100 rows. denormalise: a column that a trigger keeps (recommended); sets: the",
    "same for sets of tenants; exists, array: looked up over two references.",
    ratioTable("by hand", "policy / by hand", rows),
  ].join("\n")
}

export function sessionText(rows: readonly RatioRow[]): string {
  return [
    "Sessions: wall time of a request that reads one row by its key, as a ratio to the same on a table without policies and past the session,",
    "on the same connection. statement: alone, the first of a request; transaction: begin, the same, commit. policies: no session, the",
    "connection has the tenant for good: what policies cost by themselves. The others tell the tenant with each request.",
    ratioTable("none", "session / none", rows),
  ].join("\n")
}

export function manyTablesText(rows: readonly ManyTablesRow[]): string {
  const table = new Table({
    head: ["case", "median", "middle half", "target", ""],
    style: { head: [], border: [], compact: true },
    colAligns: ["left", "right", "right", "right", "left"],
  })
  for (const { label, milliseconds, target } of rows) {
    const { median, quartiles } = milliseconds
    const half = quartiles.map((value) => value.toFixed(0)).join(" ")
    table.push([label, `${median.toFixed(0)} ms`, half, `<= ${target} ms`, mark(median <= target)])
  }
  return `A database of many tables: wall time.\n${table.toString()}`
}

function ratioTable(baseline: string, measured: string, rows: readonly RatioRow[]): string {
  const table = new Table({
    head: ["case", baseline, measured, "control", "target", ""],
    style: { head: [], border: [], compact: true },
    colAligns: ["left", "right", "right", "right", "right", "left"],
  })
  for (const row of rows) {
    const { quartiles, median } = row.ratio
    table.push([
      row.label,
      `${row.baseline.toFixed(row.unit === "ms" ? 2 : 0)} ${row.unit}`,
      `${ratio(row.ratio)} [${quartiles.map(fixed).join(" ")}]`,
      ratio(row.control),
      row.target === undefined ? "" : `<= ${fixed(row.target)}`,
      row.target === undefined ? "" : mark(median <= row.target),
    ])
  }
  return table.toString()
}
