import { Pool, type PoolClient } from "pg"
import { afterEach, beforeEach, expect, inject, it } from "vitest"
import { bindTenant, currentTenant, withTenant, type TenantId } from "../../src/index.ts"

const count = 200

let pool: Pool

beforeEach(() => {
  pool = new Pool({ connectionString: inject("postgresUrl"), max: 1 })
})

afterEach(() => pool.end())

type Done = (seen: TenantId | undefined) => void
type Ask = (done: Done) => void

/** What each of 200 tenants sees that waits for the only connection of a pool; each gives it to the next. */
async function seenInTurn(ask: Ask): Promise<(TenantId | undefined)[]> {
  const first = await withTenant("first", () => pool.connect())
  const seen = Array.from({ length: count }, (_, index) =>
    withTenant(`t${index}`, () => new Promise<TenantId | undefined>(ask)),
  )
  withTenant("first", () => first.release())
  return Promise.all(seen)
}

type OnConnect = (error: Error | undefined, client: PoolClient | undefined, release: () => void) => void

const connectThen =
  (bind: (callback: OnConnect) => OnConnect): Ask =>
  (done) =>
    pool.connect(
      bind((_, __, release) => {
        done(currentTenant())
        release()
      }),
    )

const queryThen =
  (bind: (callback: () => void) => () => void): Ask =>
  (done) =>
    pool.query(
      "select 1",
      bind(() => done(currentTenant())),
    )

const own = Array.from({ length: count }, (_, index) => `t${index}`)

it.each([
  ["pool.connect(callback)", connectThen(bindTenant)],
  ["pool.query(text, callback)", queryThen(bindTenant)],
  ["await pool.connect()", (done: Done) => void connectAndWait(done)],
  ["await pool.query(text)", (done: Done) => void queryAndWait(done)],
])("%s, bound or awaited, keeps the scope in which it was called", async (_, ask) => {
  expect(await seenInTurn(ask)).toEqual(own)
})

it.each([
  ["pool.connect(callback)", connectThen((callback) => callback)],
  ["pool.query(text, callback)", queryThen((callback) => callback)],
])("%s runs in the scope of whoever gave the connection back: the check catches it", async (_, ask) => {
  const seen = await seenInTurn(ask)

  expect(seen[0]).toBe("first")
  expect(seen.filter((tenant, index) => tenant === own[index])).toEqual([])
})

async function connectAndWait(done: Done): Promise<void> {
  const client = await pool.connect()
  done(currentTenant())
  client.release()
}

async function queryAndWait(done: Done): Promise<void> {
  await pool.query("select 1")
  done(currentTenant())
}
