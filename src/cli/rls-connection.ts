import type { SqlClient } from "../postgres/index.ts"
import { withoutSecrets } from "./rls-secrets.ts"
import { BadInput } from "./terminal.ts"

/** The part of `pg` that is used. */
interface Pg {
  readonly default: { readonly Client: new (config: object) => PgClient }
}

interface PgClient extends SqlClient {
  connect(): Promise<unknown>
  end(): Promise<unknown>
  on(event: "error", listener: () => void): unknown
}

/**
 * Runs something with a connection to this address. `pg` is loaded only now: who needs no database needs no `pg`.
 *
 * @throws {BadInput} where there is no connection, or the database refuses a statement; never with a password
 */
export async function withDatabase<Result>(
  url: string,
  run: (client: SqlClient) => Promise<Result>,
  load: () => Promise<unknown> = loadPg,
): Promise<Result> {
  const pg = (await load().catch(notInstalled)) as Pg
  const client = await connected(pg, url)
  try {
    return await run(client)
  } catch (error) {
    throw refused(error, url)
  } finally {
    await client.end()
  }
}

async function connected(pg: Pg, url: string): Promise<PgClient> {
  try {
    const client = new pg.default.Client({
      connectionString: url,
      application_name: "tenant-failsafe",
      connectionTimeoutMillis: 10_000,
    })
    // Without a listener, a connection that breaks off ends the process; the statement that was running tells of it as well.
    client.on("error", () => undefined)
    await client.connect()
    return client
  } catch (error) {
    throw new BadInput(`No connection to the database: ${said(error, url)}`)
  }
}

function refused(error: unknown, url: string): unknown {
  const code = (error as { readonly code?: unknown } | null)?.code
  // What PostgreSQL refuses has a code of five characters; its details, which may hold values of rows, stay out.
  if (typeof code !== "string" || !/^[0-9A-Z]{5}$/.test(code)) return error
  return new BadInput(
    `The database refused (${code}): ${said(error, url)}.${hintFor(code, said(error, url))} Nothing was changed.`,
  )
}

function hintFor(code: string, message: string): string {
  if (code !== "42501") return ""
  if (message.includes("row-level security"))
    return " Connect as a role with BYPASSRLS, which row security does not hold for."
  return " Connect as the owner of the tables, or as a member of it."
}

function said(error: unknown, url: string): string {
  const { message, code } = error as { readonly message?: string; readonly code?: string }
  return withoutSecrets(message || code || "unknown error", url)
}

function loadPg(): Promise<unknown> {
  // An optional peer, and none of this package's own dependencies.
  const name = "pg"
  return import(name)
}

function notInstalled(error: unknown): never {
  if ((error as { readonly code?: unknown } | null)?.code !== "ERR_MODULE_NOT_FOUND") throw error
  throw new BadInput(
    "This command talks to PostgreSQL through the package pg, which is not installed. Run: npm install pg",
  )
}
