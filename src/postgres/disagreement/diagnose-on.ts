import type { RowSecurityDiagnosis } from "../../core/row-security.ts"
import type { PgPool, PooledClient } from "../session/tenant-session.ts"
import type { SqlClient } from "../sql-client.ts"
import { diagnose, type Question } from "./diagnose.ts"

/** In milliseconds, for each statement of the check. */
const longest = 4000

/**
 * Asks the pools of an ORM why row security let foreign rows pass, each on a connection of its own that is in nobody's transaction. Replicas may
 * have roles of their own: the first cause that is found counts.
 *
 * @throws whatever the database or its driver does
 */
export async function diagnoseOn(
  pools: ReadonlySet<PgPool>,
  question: Question,
): Promise<RowSecurityDiagnosis | undefined> {
  const open = [...pools].filter(({ ending }) => ending !== true)
  if (open.length === 0) throw new PoolClosed("The ORM has no open pool.")
  let last: RowSecurityDiagnosis | undefined
  for (const pool of open) {
    last = await inTransaction(pool, (client) => diagnose(client, question))
    if (last === undefined || (last.cause !== "unknown" && last.cause !== "stale")) break
  }
  return last
}

class PoolClosed extends Error {}

/** Everything that is asked sees one state of the catalog, and the tenants of the scope. */
async function inTransaction<Result>(pool: PgPool, run: (client: SqlClient) => Promise<Result>): Promise<Result> {
  const client = await pool.connect()
  const sql = clientOf(client)
  let broken: unknown
  const onError = (error: unknown): void => void (broken = error)
  client.on("error", onError)
  try {
    await sql.query("begin transaction isolation level repeatable read read only")
    await sql.query(`set local statement_timeout = ${longest}`)
    return await run(sql)
  } finally {
    await sql.query("rollback").catch((error: unknown) => (broken ??= error))
    client.removeListener("error", onError)
    client.release(broken)
  }
}

function clientOf(client: PooledClient): SqlClient {
  const query = client.query.bind(client) as unknown as SqlClient["query"]
  return { query: (text, values) => (values === undefined ? query(text) : query(text, values)) }
}
