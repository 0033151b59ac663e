import { defineEntity, p } from "@mikro-orm/core"
import { MikroORM } from "@mikro-orm/postgresql"
import { Pool, type PoolClient } from "pg"
import { DataSource, EntitySchema } from "typeorm"
import { tenantSession, type TenantSessionOptions } from "../../src/postgres/index.ts"
import { withTenantSession as withMikroOrmSession } from "../../src/postgres/mikro-orm/index.ts"
import { withTenantSession as withTypeormSession } from "../../src/postgres/typeorm/index.ts"
import { schemaOfTenant, signingKey, tableOf } from "./session-data.ts"

/** What sends the statements: `pg` with a text alone, and with values, and the ORMs, of which MikroORM sends texts and TypeORM values. */
export const sessionClients = ["pg text", "pg values", "mikro-orm", "typeorm"] as const
export const sessionModes = ["policies", "plain", "signed", "schema"] as const
export const requestKinds = ["statement", "transaction"] as const

export type SessionClient = (typeof sessionClients)[number]
export type SessionMode = (typeof sessionModes)[number]
export type RequestKind = (typeof requestKinds)[number]

/** One connection, and what a request asks it for: one row by its key, alone or in a transaction. */
export interface SessionWay {
  readonly pool: Pool
  find(kind: RequestKind, table: string, id: number): Promise<readonly object[]>
}

const options: Readonly<Record<SessionMode, TenantSessionOptions | undefined>> = {
  policies: undefined,
  plain: {},
  signed: { signed: { keys: [signingKey] } },
  schema: { schemas: { find: async () => schemaOfTenant } },
}

export function openSessionWay(client: SessionClient, mode: SessionMode, url: string): Promise<SessionWay> {
  const session = options[mode]
  switch (client) {
    case "pg text":
      return openPg(url, session, (table, id) => [`select id, label, tenant_id from ${table} where id = ${id}`])
    case "pg values":
      return openPg(url, session, (table, id) => [`select id, label, tenant_id from ${table} where id = $1`, [id]])
    case "mikro-orm":
      return openMikroOrm(url, session)
    case "typeorm":
      return openTypeorm(url, session)
  }
}

async function openPg(
  url: string,
  session: TenantSessionOptions | undefined,
  select: (table: string, id: number) => [text: string, values?: unknown[]],
): Promise<SessionWay> {
  const plain = new Pool({ connectionString: url, max: 1 })
  const pool = session === undefined ? plain : tenantSession(plain, session)
  const kinds: Record<RequestKind, SessionWay["find"]> = {
    statement: async (_, table, id) => (await pool.query(...select(table, id))).rows,
    async transaction(_, table, id) {
      const client = await pool.connect()
      await client.query("begin")
      const { rows } = await client.query(...select(table, id))
      await client.query("commit")
      client.release()
      return rows
    },
  }
  return { pool, find: (kind, ...given) => kinds[kind](kind, ...given) }
}

const tables = [...new Set(Object.values(tableOf))]

async function openMikroOrm(url: string, session: TenantSessionOptions | undefined): Promise<SessionWay> {
  const items = new Map(
    tables.map((table) => {
      const properties = { id: p.integer().primary(), label: p.string(), tenantId: p.integer() }
      return [table, defineEntity({ name: table, tableName: table, properties })] as const
    }),
  )
  let pool: Pool | undefined
  const onPoolCreated = (created: Pool): void => void (pool = created)
  const config = {
    entities: [...items.values()],
    clientUrl: url,
    pool: { min: 1, max: 1 },
    driverOptions: { onPoolCreated },
  }
  const orm = await MikroORM.init(session === undefined ? config : withMikroOrmSession(config, session))
  await orm.connect()
  return {
    pool: pool!,
    find(kind, table, id) {
      const em = orm.em.fork()
      const item = items.get(table as (typeof tables)[number])!
      return kind === "statement" ? em.find(item, { id }) : em.transactional((inner) => inner.find(item, { id }))
    },
  }
}

async function openTypeorm(url: string, session: TenantSessionOptions | undefined): Promise<SessionWay> {
  const columns = {
    id: { type: "int", primary: true },
    label: { type: "text" },
    tenantId: { type: "int", name: "tenant_id" },
  } as const
  const entities = tables.map((table) => new EntitySchema({ name: table, tableName: table, columns }))
  const plain = new DataSource({ type: "postgres", url, entities, poolSize: 1 })
  const dataSource = session === undefined ? plain : withTypeormSession(plain, session)
  await dataSource.initialize()
  const { master } = dataSource.driver as unknown as { readonly master: Pool }
  return {
    pool: master,
    find: (kind, table, id) =>
      kind === "statement"
        ? dataSource.getRepository<object>(table).find({ where: { id } })
        : dataSource.transaction((manager) => manager.getRepository<object>(table).find({ where: { id } })),
  }
}

/** Lets statements of the pool's only connection go with the session, or past it: `pg`'s own methods are those of its classes. */
export async function sessionSwitch({ pool }: SessionWay): Promise<(on: boolean) => void> {
  const client: PoolClient = await pool.connect()
  client.release()
  const methods = [pool, client].map((of) => ({ of, own: Object.getOwnPropertyDescriptor(of, "query") }))
  return (on) => {
    for (const { of, own } of methods) {
      if (own === undefined) continue
      if (on) Object.defineProperty(of, "query", own)
      else Reflect.deleteProperty(of, "query")
    }
  }
}
