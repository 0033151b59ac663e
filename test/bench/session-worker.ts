import assert from "node:assert/strict"
import { withTenant } from "../../src/index.ts"
import { answerTasks } from "./answer-tasks.ts"
import { foreignRow, ownRow, tableOf, tenant } from "./session-data.ts"
import {
  openSessionWay,
  sessionSwitch,
  type RequestKind,
  type SessionClient,
  type SessionMode,
  type SessionWay,
} from "./session-ways.ts"

let way: SessionWay
let switchSession: (on: boolean) => void
let guardedTable: string

const answers = {
  /** Proves that the session finds the tenant's row and no foreign one, and that without it both are found. */
  async open({
    client,
    mode,
    url,
  }: {
    readonly client: SessionClient
    readonly mode: SessionMode
    readonly url: string
  }) {
    way = await openSessionWay(client, mode, url)
    switchSession = await sessionSwitch(way)
    guardedTable = tableOf[mode]
    if (mode === "policies") {
      const connection = await way.pool.connect()
      await connection.query(`set app.tenant_id = '${tenant}'`)
      connection.release()
    }
    for (const kind of ["statement", "transaction"] as const) {
      assert.deepEqual(await counts(kind, true), [1, 0])
      assert.deepEqual(await counts(kind, false), [1, 1])
    }
  },

  /** Microseconds per request. */
  async requests({
    requests: kind,
    guarded,
    count,
  }: {
    readonly requests: RequestKind
    readonly guarded: boolean
    readonly count: number
  }) {
    globalThis.gc!()
    switchSession(guarded)
    const table = guarded ? guardedTable : tableOf.none
    const start = performance.now()
    // The application's scope is there either way.
    for (let done = 0; done < count; done++) await withTenant(tenant, () => way.find(kind, table, ownRow))
    return ((performance.now() - start) * 1000) / count
  },
}

async function counts(kind: RequestKind, guarded: boolean): Promise<number[]> {
  switchSession(guarded)
  const table = guarded ? guardedTable : tableOf.none
  const found = []
  for (const id of [ownRow, foreignRow]) found.push(await withTenant(tenant, () => way.find(kind, table, id)))
  return found.map(({ length }) => length)
}

export type SessionAnswers = typeof answers

answerTasks(answers)
