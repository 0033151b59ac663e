import type { TestDatabase } from "../../support/databases.ts"
import type { Dump } from "../oracle.ts"
import { tableKeys } from "./schema.ts"

export { changes, type Dump } from "../oracle.ts"

/** Every row of every table of the write guard's domain; with its version (`xmin`) where the database has one. */
export async function dump(db: TestDatabase): Promise<Dump> {
  const rows = new Map<string, Readonly<Record<string, unknown>>>()
  const version = db.kind === "sqlite" ? "" : ", xmin::text as xmin"
  for (const [table, key] of tableKeys) {
    for (const row of await db.sql(`select *${version} from ${table}`)) {
      const values = Object.entries(row).map(([column, value]) => [
        column,
        value instanceof Date ? value.toISOString() : value,
      ])
      rows.set(`${table} ${key.map((column) => row[column]).join(",")}`, Object.fromEntries(values))
    }
  }
  return rows
}
