import type { Pool, PoolClient } from "pg"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { withTenant, withTenants } from "../../../src/index.ts"
import { installTenantKeys, signedFunctions } from "../../../src/postgres/session/signed-functions.ts"
import { signTenants, type SigningKey } from "../../../src/postgres/session/sign-tenants.ts"
import { tenantSession } from "../../../src/postgres/session/tenant-session.ts"
import { openItems, type Items } from "./support/items.ts"

const first: SigningKey = { id: "2026-11", secret: "a secret of the application, 40 characters" }
const second: SigningKey = { id: "2026-12", secret: "x".repeat(100) }

describe("signed tenants", () => {
  let items: Items
  let pool: Pool

  beforeAll(async () => {
    items = await openItems()
    for (const statement of signedFunctions()) await items.owner(statement)
    for (const statement of signedFunctions()) await items.owner(statement)
    pool = signedBy(first)
  })

  beforeEach(() => installTenantKeys(items.ownerClient, [first]))

  afterAll(() => items.close())

  function signedBy(...keys: [SigningKey, ...SigningKey[]]): Pool {
    return tenantSession(items.pool({ max: 1 }), { signed: { keys } })
  }

  const ids = async (on: Pool | PoolClient = pool): Promise<number[]> =>
    (await on.query<{ id: number }>("select id from item order by id")).rows.map(({ id }) => id)

  /** In a transaction of tenant 1, sets what injected SQL could set, and reads. */
  async function forged(setting: string, value: string, on: Pool = pool): Promise<number[]> {
    return withTenant(1, async () => {
      const client = await on.connect()
      try {
        await client.query("begin")
        await client.query("select set_config($1, $2, true)", [setting, value])
        return await ids(client)
      } finally {
        await client.query("rollback")
        client.release()
      }
    })
  }

  it("see their own rows, alone and in sets", async () => {
    expect(await withTenant(2, () => ids())).toEqual([3])
    const { rows } = await withTenants([1, 3], "report", () => pool.query("select id from report order by id"))
    expect(rows).toEqual([{ id: 1 }, { id: 3 }])
  })

  it("see nothing outside any scope", async () => {
    expect(await ids()).toEqual([])
  })

  it.each(["it's", 'a "b"', "a.b", "ünï \u{1f980}", "1"])("reach the database as they are: %j", async (tenant) => {
    const { rows } = await withTenant(tenant, () => pool.query("select app.tenant() as tenant"))
    expect(rows).toEqual([{ tenant }])
  })

  it("work in a read-only transaction", async () => {
    const seen = await withTenant(2, async () => {
      const client = await pool.connect()
      await client.query("begin read only")
      const read = await ids(client)
      await client.query("commit")
      client.release()
      return read
    })
    expect(seen).toEqual([3])
  })

  describe("cannot be forged by SQL", () => {
    it("that sets the plain setting; unsigned tenants can be (control)", async () => {
      const plain = await openItems()
      try {
        expect(await forged("app.tenant_id", "2", tenantSession(plain.pool({ max: 1 })))).toEqual([3])
      } finally {
        await plain.close()
      }
      expect(await forged("app.tenant_id", "2")).toEqual([1, 2])
    })

    const later = 3600
    const own = () => signTenants(["1"], first, later).split(".")
    const foreign = () => signTenants(["2"], first, later).split(".")
    it.each([
      ["with the tenant exchanged", () => own().with(1, foreign()[1]!).join(".")],
      ["with the expiry moved", () => own().with(2, "9999999999").join(".")],
      ["without a signature", () => foreign().slice(0, 3).join(".")],
      ["with an empty signature", () => foreign().with(3, "").join(".")],
      ["with a part too many", () => [...foreign(), ""].join(".")],
      ["by a key that nobody installed", () => signTenants(["2"], second, later)],
      ["by another secret under a known id", () => signTenants(["2"], { ...second, id: first.id }, later)],
      ["that is no token", () => "2"],
    ])("that makes a token %s", async (_, token) => {
      await expect(forged("app.tenant_token", token())).rejects.toMatchObject({ code: "28000" })
    })

    it("that comes too late", async () => {
      const expired = signTenants(["2"], first, 60, new Date(Date.now() - 61_000))
      await expect(forged("app.tenant_token", expired)).rejects.toMatchObject({
        code: "28000",
        message: "the signature of the tenant of this transaction has expired",
      })
    })

    it("that reads the keys", async () => {
      await expect(withTenant(1, () => pool.query("select * from app.tenant_key"))).rejects.toMatchObject({
        code: "42501",
      })
    })

    it("that puts a table or function of its own in the way", async () => {
      const seen = await withTenant(1, async () => {
        const client = await pool.connect()
        try {
          await client.query("begin")
          await client.query(
            "create temp table tenant_key as select 'x' as id, ''::bytea as inner_pad, ''::bytea as outer_pad",
          )
          await client.query(
            "create function pg_temp.sha256(bytea) returns bytea language sql as $$ select ''::bytea $$",
          )
          await client.query("set local search_path = pg_temp, app, public")
          return await ids(client)
        } finally {
          await client.query("rollback")
          client.release()
        }
      })
      expect(seen).toEqual([1, 2])
    })
  })

  it("survive a change of keys: both are valid while both are installed, then the new one alone", async () => {
    const renewed = signedBy(second, first)
    await installTenantKeys(items.ownerClient, [first, second])
    const both = [await withTenant(1, () => ids()), await withTenant(1, () => ids(renewed))]
    await installTenantKeys(items.ownerClient, [second])
    expect(both).toEqual([
      [1, 2],
      [1, 2],
    ])
    expect(await withTenant(1, () => ids(renewed))).toEqual([1, 2])
    await expect(withTenant(1, () => ids())).rejects.toMatchObject({ code: "28000" })
  })

  it("show no secret, neither in statements nor in errors", async () => {
    const sent: string[] = []
    const spy = {
      query(text: string, values?: readonly unknown[]) {
        sent.push(text)
        return items.ownerClient.query(text, values === undefined ? undefined : [...values])
      },
    }
    await installTenantKeys(spy, [first])
    expect([...sent, ...signedFunctions()].join("\n")).not.toContain(first.secret)
    const short = { id: "short", secret: "only nine" }
    expect(() => tenantSession(items.pool(), { signed: { keys: [short] } })).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID", message: expect.not.stringContaining("only nine") as string }),
    )
  })
})
