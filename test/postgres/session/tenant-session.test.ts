import { once } from "node:events"
import { Query, type Pool, type PoolClient } from "pg"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant, withTenants } from "../../../src/index.ts"
import { tenantSession } from "../../../src/postgres/session/tenant-session.ts"
import { openItems, type Items } from "./support/items.ts"

describe("a pool with tenant sessions", () => {
  let items: Items
  let pool: Pool

  beforeAll(async () => {
    items = await openItems()
  })

  afterAll(() => items.close())

  beforeEach(() => {
    pool = sessions(1)
  })

  function sessions(max: number): Pool {
    return tenantSession(items.pool({ max }))
  }

  async function ids(on: Pool | PoolClient = pool): Promise<number[]> {
    const { rows } = await on.query<{ id: number }>("select id from item order by id")
    return rows.map(({ id }) => id)
  }

  async function connected<R>(run: (client: PoolClient) => Promise<R>): Promise<R> {
    const client = await pool.connect()
    try {
      return await run(client)
    } finally {
      client.release()
    }
  }

  describe("single statements", () => {
    it("see the rows of the scope's tenant", async () => {
      expect(await withTenant(1, () => ids())).toEqual([1, 2])
      expect(await withTenant(2, () => ids())).toEqual([3])
    })

    it("see nothing outside any scope, and nothing in withoutTenant", async () => {
      expect(await ids()).toEqual([])
      expect(await withoutTenant("nightly export", () => ids())).toEqual([])
    })

    it("see the rows of a set of tenants where the policy is for sets", async () => {
      const read = () => pool.query<{ id: number }>("select id from report order by id")
      const { rows } = await withTenants([1, 3], "report of the group", read)
      expect(rows).toEqual([{ id: 1 }, { id: 3 }])
    })

    it("are each committed", async () => {
      await withTenant(1, () => pool.query("insert into item values (10, 'new', 1)"))
      expect(await items.owner("delete from item where id = 10 returning label")).toEqual([{ label: "new" }])
    })

    it("cannot write a foreign row", async () => {
      const write = () => pool.query("insert into item values (11, 'new', 2)")
      await expect(withTenant(1, write)).rejects.toThrow('violates row-level security policy for table "item"')
      expect(await items.owner("select from item where id = 11")).toEqual([])
    })

    it("take values, objects and callbacks, as pg does", async () => {
      const rows = await withTenant(1, async () => {
        const values = await pool.query("select id from item where id = $1", [2])
        const object = await pool.query({ text: "select id from item where id = $1", values: [2], rowMode: "array" })
        const callback = await new Promise((resolve, reject) => {
          pool.query("select id from item where id = $1", [2], (error, result) =>
            error instanceof Error ? reject(error) : resolve(result.rows),
          )
        })
        return [values.rows, object.rows, callback]
      })
      expect(rows).toEqual([[{ id: 2 }], [[2]], [{ id: 2 }]])
    })

    it("fail with their own error, and the connection goes on", async () => {
      await expect(withTenant(1, () => pool.query("select nothing"))).rejects.toThrow('column "nothing" does not exist')
      expect(await withTenant(1, () => ids())).toEqual([1, 2])
    })

    it("fail with the error of their commit", async () => {
      const write = () => pool.query("insert into currency values ('USD', 'none')")
      await expect(withTenant(1, write)).rejects.toThrow("violates foreign key constraint")
    })

    it("that PostgreSQL runs outside of transactions only are sent as they are", async () => {
      await expect(pool.query("vacuum item")).resolves.toMatchObject({ command: "VACUUM" })
    })
  })

  describe("what is left on a connection", () => {
    const left = () =>
      pool.query(
        "select current_setting('app.tenant_id', true) as one, current_setting('app.tenant_ids', true) as several",
      )

    async function backend(): Promise<unknown> {
      return (await pool.query("select pg_backend_pid() as pid")).rows[0]
    }

    it.each([
      ["a statement", (client: PoolClient) => client.query("select 1")],
      ["an error", (client: PoolClient) => client.query("select 1 / 0").catch(() => {})],
      ["a commit", (client: PoolClient) => client.query("begin").then(() => client.query("commit"))],
      ["a rollback", (client: PoolClient) => client.query("begin").then(() => client.query("rollback"))],
      [
        "a cancelled query",
        async (client: PoolClient) => {
          const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid")
          const sleeping = client.query("select pg_sleep(60)").catch((error: Error) => error.message)
          for (let cancelled = false; !cancelled;) {
            const running =
              "select pg_cancel_backend(pid) as done from pg_stat_activity where pid = $1 and query like '%sleep%'"
            cancelled = (await items.owner(running, [rows[0]!.pid])).length > 0
          }
          expect(await sleeping).toContain("canceling statement")
        },
      ],
      ["a setting that an injected statement made", (client: PoolClient) => client.query("set app.tenant_id = '2'")],
    ])("is nothing after %s", async (_, run) => {
      const before = await backend()
      await withTenant(1, () => connected(run))
      expect((await left()).rows).toEqual([{ one: "", several: "" }])
      expect(await ids()).toEqual([])
      expect(await backend()).toEqual(before)
    })

    it("is a transaction that nobody ended: it is refused to the next tenant", async () => {
      await withTenant(1, () => connected((client) => client.query("begin")))
      await expect(withTenant(2, () => ids())).rejects.toMatchObject({ code: "TENANT_SWITCH" })
    })

    it("is nothing where the connection was killed: the pool opens another", async () => {
      const killed = withTenant(1, () => pool.query("select pg_terminate_backend(pg_backend_pid())"))
      await expect(killed).rejects.toThrow("terminat")
      expect(await withTenant(2, () => ids())).toEqual([3])
    })
  })

  describe("a transaction", () => {
    const transaction = <R>(run: (client: PoolClient) => Promise<R>, begin = "begin") =>
      connected(async (client) => {
        await client.query(begin)
        try {
          return await run(client)
        } finally {
          await client.query("rollback")
        }
      })

    it.each(["begin", "BEGIN ISOLATION LEVEL REPEATABLE READ", "start transaction read only", "-- now\nbegin work"])(
      "that starts with %j has the tenant of its scope",
      async (begin) => {
        expect(await withTenant(2, () => transaction(ids, begin))).toEqual([3])
      },
    )

    it("gets its tenant later, where it began outside any scope", async () => {
      const seen = await transaction(async (client) => [await ids(client), await withTenant(2, () => ids(client))])
      expect(seen).toEqual([[], [3]])
    })

    it.each([
      ["another tenant", (run: () => Promise<number[]>) => withoutTenant("audit", () => withTenant(2, run))],
      ["withoutTenant", (run: () => Promise<number[]>) => withoutTenant("audit", run)],
    ])("refuses a statement of %s", async (_, as) => {
      const run = withTenant(1, () => transaction((client) => as(() => ids(client))))
      await expect(run).rejects.toMatchObject({ code: "TENANT_SWITCH" })
    })

    it("goes on after a refusal", async () => {
      const seen = await withTenant(1, () =>
        transaction(async (client) => {
          await withoutTenant("audit", () => ids(client)).catch(() => {})
          return ids(client)
        }),
      )
      expect(seen).toEqual([1, 2])
    })

    it("keeps its tenant through savepoints, released and rolled back", async () => {
      const seen = await transaction(async (client) => {
        await client.query("savepoint a")
        return withTenant(1, async () => {
          await ids(client)
          await client.query("rollback to savepoint a")
          const rolledBack = await ids(client)
          await client.query("release savepoint a")
          return [rolledBack, await ids(client)]
        })
      })
      expect(seen).toEqual([
        [1, 2],
        [1, 2],
      ])
    })

    it("is usable on after its begin failed", async () => {
      const seen = await withTenant(1, () =>
        connected(async (client) => {
          await client.query("begin isolation level nonsense").catch(() => {})
          return ids(client)
        }),
      )
      expect(seen).toEqual([1, 2])
    })

    it("may be read by a cursor or stream, which outside of one is refused", async () => {
      const read = async (client: PoolClient) => {
        const cursor = client.query(new Query("select id from item"))
        const [[row]] = (await Promise.all([once(cursor, "row"), once(cursor, "end")])) as [[{ id: number }], unknown]
        return row
      }
      expect(await withTenant(2, () => transaction(read))).toEqual({ id: 3 })
      await expect(withTenant(2, () => connected(read))).rejects.toMatchObject({ code: "TENANT_MISSING" })
    })
  })

  it("gives 300 concurrent requests on three connections their own rows", async () => {
    const small = sessions(3)
    const requests = Array.from({ length: 300 }, (_, index) => 1 + (index % 2))
    const seen = await Promise.all(requests.map((tenant) => withTenant(tenant, () => ids(small))))
    expect(seen).toEqual(requests.map((tenant) => (tenant === 1 ? [1, 2] : [3])))
  })

  it("gives 300 concurrent pool queries with callbacks their own rows", async () => {
    const small = sessions(2)
    const requests = Array.from({ length: 300 }, (_, index) => 1 + (index % 2))
    const query = () =>
      new Promise<number[]>((resolve, reject) => {
        small.query<{ id: number }>("select id from item order by id", (error, result) =>
          error instanceof Error ? reject(error) : resolve(result.rows.map(({ id }) => id)),
        )
      })
    const seen = await Promise.all(requests.map((tenant) => withTenant(tenant, query)))
    expect(seen).toEqual(requests.map((tenant) => (tenant === 1 ? [1, 2] : [3])))
  })
})
