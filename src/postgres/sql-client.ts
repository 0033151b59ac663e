/** What runs statements: a client or pool of `pg`, a PGlite, or a few lines around an ORM's own connection. */
export interface SqlClient {
  query(text: string, values?: readonly unknown[]): Promise<{ rows: Record<string, unknown>[] }>
}

/** Runs the statements in one transaction: all of them, or none. The client must be one connection, and not a pool. */
export async function runInTransaction(client: SqlClient, statements: readonly string[]): Promise<void> {
  await client.query("begin")
  try {
    for (const statement of statements) await client.query(statement)
    await client.query("commit")
  } catch (error) {
    await client.query("rollback").catch(() => undefined)
    throw error
  }
}
