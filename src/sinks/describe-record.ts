import type { LeakRecord, LeakReport } from "../core/leak-report.ts"

/** A sentence that tells people what a record is about. */
export function describeRecord(record: LeakRecord): string {
  if (record.event === "tenant_leak_overflow") {
    return `tenant leaks beyond those that are told apart: ${timesOf(record.events)}, ${rowsOf(record.dropped)} dropped`
  }
  const subject = record.relation === null ? record.child : `${record.owner}.${record.relation}`
  const file = record["code.file.path"]
  const place = file === undefined ? "" : ` at ${file}:${record["code.line.number"]}`
  const why = record.explanation === undefined ? "" : `: ${record.explanation}`
  return `tenant leak: ${subject} ${happened(record)}${place}, ${timesOf(record.events)}${why}`
}

function happened({ what, rows, loaded, strategy, cause }: LeakReport): string {
  const some = `${rows} of ${rowsOf(loaded)}`
  switch (what) {
    case "dropped":
      return `dropped ${some} of other tenants`
    case "kept":
      return `shows ${some} of other tenants`
    case "reference":
      return `points at ${rowsOf(rows)} of other tenants`
    case "root":
      return `was queried for ${some} of other tenants`
    case "unknown":
      return `has ${some} whose tenant is unknown`
    case "write":
      return `would change ${rowsOf(rows)} of other tenants`
    case "no-tenant":
      return `was ${strategy === "save" ? "saved" : "loaded"} outside any tenant scope`
    case "unloaded-write":
      return `was written without ${rowsOf(rows)} of other tenants that it does not show`
    case "rls-not-held":
      return `got rows of other tenants past row security (${cause})`
  }
}

function rowsOf(count: number): string {
  return count === 1 ? "1 row" : `${count} rows`
}

function timesOf(count: number): string {
  return count === 1 ? "once" : `${count} times`
}
