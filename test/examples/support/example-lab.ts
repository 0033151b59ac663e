import { randomBytes } from "node:crypto"
import { Client, escapeIdentifier } from "pg"
import { inject } from "vitest"
import { openDatabase } from "../../support/databases.ts"

/** A database of an example, with roles of its own that nobody else uses. */
export interface ExampleLab {
  /** What the example finds in its environment. */
  readonly env: Readonly<Record<"DATABASE_URL" | "MIGRATOR_URL" | "ADMIN_URL" | "OWNER_ROLE", string>>
  /** Runs what a superuser has to run, then gives the roles passwords, as operations would. */
  install(roleStatements: readonly string[]): Promise<void>
  /** One statement as a superuser, past row level security. */
  sql(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>
  close(): Promise<void>
}

export async function openExampleLab(): Promise<ExampleLab> {
  const database = await openDatabase("postgresql")
  const suffix = randomBytes(4).toString("hex")
  const password = randomBytes(12).toString("hex")
  const [migrator, owner, app, admin] = ["migrator", "owner", "app", "admin"].map((name) => `${name}_${suffix}`) as [
    string,
    string,
    string,
    string,
  ]
  const serverUrl = database.ormConfig().clientUrl!
  const urlOf = (role: string) => Object.assign(new URL(serverUrl), { username: role, password }).href
  const superuser = new Client({ connectionString: serverUrl })
  await superuser.connect()
  const roles = async (): Promise<string[]> => {
    const { rows } = await superuser.query<{ rolname: string }>(
      "select rolname from pg_roles where rolname = any($1)",
      [[app, admin, migrator, owner]],
    )
    return rows.map(({ rolname }) => rolname)
  }
  return {
    env: {
      DATABASE_URL: urlOf(app),
      MIGRATOR_URL: urlOf(migrator),
      ADMIN_URL: urlOf(admin),
      OWNER_ROLE: owner,
    },
    async install(roleStatements) {
      for (const statement of roleStatements) await superuser.query(statement)
      for (const role of await roles()) {
        await superuser.query(`alter role ${escapeIdentifier(role)} password '${password}'`)
      }
    },
    sql: async (text, values = []) => (await superuser.query(text, [...values])).rows as Record<string, unknown>[],
    async close() {
      const made = await roles()
      await superuser.end()
      await database.close()
      const server = new Client({ connectionString: inject("postgresUrl") })
      await server.connect()
      for (const role of made) await server.query(`drop role ${escapeIdentifier(role)}`)
      await server.end()
    },
  }
}

/** What an application answered. */
export interface Answer {
  readonly status: number
  readonly body: unknown
}

/** A client of an application that keeps its cookies, and sends the same headers each time. */
export function clientOf(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Readonly<Record<"get" | "post", (path: string, body?: unknown) => Promise<Answer>>> {
  let cookie = ""
  const send = async (method: string, path: string, body: unknown): Promise<Answer> => {
    const response = await fetch(new URL(path, url), {
      method,
      headers: {
        ...headers,
        ...(cookie === "" ? {} : { cookie }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const given = response.headers.getSetCookie().map((text) => text.split(";")[0])
    if (given.length > 0) cookie = given.join("; ")
    const text = await response.text()
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text) }
  }
  return { get: (path) => send("GET", path, undefined), post: (path, body) => send("POST", path, body ?? {}) }
}
