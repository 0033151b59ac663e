import type { Pool, PoolClient } from "pg"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { withTenant } from "../../../src/index.ts"
import { installTenantKeys, signedFunctions } from "../../../src/postgres/session/signed-functions.ts"
import { tenantSession, type TenantSessionOptions } from "../../../src/postgres/session/tenant-session.ts"
import { openItems, type Items } from "./support/items.ts"

const key = { id: "2026-11", secret: "a secret of the application, 40 characters" }
const signed: TenantSessionOptions = { signed: { keys: [key] } }

const statements: [string, string, unknown[] | undefined][] = [
  ["a text", "select id from item order by id", undefined],
  ["a text with values", "select id from item where id > $1 order by id", [0]],
]

describe.each<[string, TenantSessionOptions, boolean]>([
  ["tenants", {}, false],
  ["signed tenants", signed, true],
])("a single statement with %s", (_, options, isSigned) => {
  let items: Items
  let pool: Pool

  beforeAll(async () => {
    items = await openItems()
    if (isSigned) {
      for (const statement of signedFunctions()) await items.owner(statement)
      await installTenantKeys(items.ownerClient, [key])
    }
    pool = tenantSession(items.pool({ max: 1 }), options)
  })

  afterAll(() => items.close())

  async function connected<R>(run: (client: PoolClient) => Promise<R>): Promise<R> {
    const client = await pool.connect()
    try {
      return await withTenant(1, () => run(client))
    } finally {
      client.release()
    }
  }

  it.each(statements)("that is %s costs one turn of the server", async (_, text, values) => {
    const turns = await connected(async (client) => {
      let count = 0
      const { connection } = client as unknown as { readonly connection: NodeJS.EventEmitter }
      connection.on("readyForQuery", () => count++)
      const { rows } = await client.query(text, values)
      return { count, rows }
    })
    expect(turns).toEqual({ count: 1, rows: [{ id: 1 }, { id: 2 }] })
  })

  it.each(statements)("that is %s shows no token to the server's log and statistics", async (_, text, values) => {
    const shown = await connected((client) =>
      client.query<{ text: string }>(`select current_query() as text, (${text} limit 1) as one`, values),
    )
    expect(shown.rows[0]!.text).not.toContain("tenant_token")
  })

  it.each(statements)("that is %s fails with the place of its own error", async (_, text, values) => {
    const failing = text.replace("select id", "select id, 'ß\u{1f980}', nothing")
    const place = await items.ownerClient.query(failing, values).catch((error: { position: string }) => error.position)

    const error = connected((client) => client.query(failing, values))

    await expect(error).rejects.toMatchObject({ code: "42703", position: place })
  })

  it("has the answer that pg gives for it", async () => {
    const text = "update item set label = label where id = 1 returning id"
    const own = await items.ownerClient.query(text)

    const { command, rowCount, fields, rows } = await connected((client) => client.query(text))

    expect({ command, rowCount, fields, rows }).toEqual({
      command: own.command,
      rowCount: own.rowCount,
      fields: own.fields,
      rows: own.rows,
    })
  })

  it("may be one of several in a text, whose answers are a list", async () => {
    const answers = (await connected((client) =>
      client.query("select 1 as one; select id from item where id = 3"),
    )) as unknown
    expect((answers as { rows: unknown[] }[]).map(({ rows }) => rows)).toEqual([[{ one: 1 }], []])
  })

  it("leaves no transaction open that a text of several begins", async () => {
    const status = await connected(async (client) => {
      await client.query("select 1; begin; select 2")
      return (client as unknown as { getTransactionStatus(): string }).getTransactionStatus()
    })
    expect(status).toBe("I")
  })

  it("is prepared once under a name, and finds each tenant's rows", async () => {
    const named = { name: "items", text: "select id from item where id > $1 order by id", values: [0] }
    const seen = []
    for (const tenant of [1, 2, 1]) seen.push((await withTenant(tenant, () => pool.query(named))).rows)
    expect(seen).toEqual([[{ id: 1 }, { id: 2 }], [{ id: 3 }], [{ id: 1 }, { id: 2 }]])
  })

  it("gives up after its own time, like any query of pg", async () => {
    const slow = { text: "select pg_sleep(10)", query_timeout: 20 }
    await expect(withTenant(1, () => pool.query(slow as never))).rejects.toThrow("Query read timeout")
    expect((await withTenant(1, () => pool.query("select id from item order by id"))).rows).toHaveLength(2)
  })

  it("is sent in a transaction where the client has no queries of pg's own", async () => {
    const strange = tenantSession(items.pool({ max: 1 }), options)
    const { Client } = strange as unknown as { Client: new (...args: never[]) => object }
    class Strange extends Client {
      static readonly Query = undefined
    }
    ;(strange as unknown as { Client: unknown }).Client = Strange

    const { rows } = await withTenant(1, () => strange.query("select id from item order by id"))

    expect(rows).toEqual([{ id: 1 }, { id: 2 }])
  })
})
