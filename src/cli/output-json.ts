import type { Output } from "./output.ts"

/** The ledger as it is, with `isNew` for each entry and the known leaks that are gone. */
export const jsonReport: Output = (ledger, { isNew, fixed }) => {
  const entries = ledger.entries.map((entry) => ({ ...entry, isNew: isNew(entry) }))
  return `${JSON.stringify({ ...ledger, entries, fixed }, null, 2)}\n`
}
