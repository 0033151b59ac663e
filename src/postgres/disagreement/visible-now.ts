import type { ScopeContext } from "../../core/scope-context.ts"
import type { Subject } from "../audit/subjects.ts"
import type { SqlClient } from "../sql-client.ts"
import { identifier, tableText } from "../sql-text.ts"

/** Whether the tenants of a scope see a foreign row in a table; undefined where the table has no tenant column to tell it by. */
export async function seesForeignRows(
  client: SqlClient,
  { owned: { column }, live }: Subject,
  { owned = new Set() }: ScopeContext,
): Promise<boolean | undefined> {
  if (column === undefined) return undefined
  const tenant = identifier(column.name)
  // NULL is neither equal to a tenant nor different from it: shared rows do not count.
  const { rows } = await client.query(
    `select exists (select from ${tableText(live)} where lower(${tenant}::text) <> all ($1::text[])) as found`,
    [[...owned].map((key) => key.toLowerCase())],
  )
  return rows[0]!["found"] === true
}
