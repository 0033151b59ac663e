/**
 * Employees of several companies, with node:http and MikroORM, and a search that lets SQL in.
 *
 * Why sign the company? A policy believes a setting of the session, and whoever gets SQL into a query can set it. A signed one can be
 * replaced only by another that the key made, and neither the key nor a foreign token is in the database for the application to read.
 * What injected SQL still can: whatever the application itself may do for the company of the request.
 */
import { once } from "node:events"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import type { MikroORM } from "@mikro-orm/postgresql"
import { Pool } from "pg"
import { fromClaim, tenantScope } from "tenant-failsafe/node"
import { claimsOf } from "./access-token.ts"
import { adminServer } from "./admin.ts"
import { setting, type Environment } from "./environment.ts"
import { openOrm, type Session } from "./orm.ts"
import { search } from "./search.ts"

interface Employees {
  readonly url: string
  readonly adminUrl: string
  close(): Promise<void>
}

export async function start(env: Environment, session: Session = "signed"): Promise<Employees> {
  const secret = setting(env, "ACCESS_TOKEN_SECRET")
  const orm = await openOrm(env, session)
  const adminPool = new Pool({ connectionString: setting(env, "ADMIN_URL"), max: 2 })
  adminPool.on("error", (error) => process.emitWarning(`A database connection was lost: ${error.message}`))
  const scoped = tenantScope({
    resolve: fromClaim("company", { from: (request: IncomingMessage) => claimsOf(request, secret) }),
  })
  const app = createServer(scoped((request, response) => answer(orm, request, response)))
  const admin = adminServer(adminPool, secret)
  return {
    url: await listen(app),
    adminUrl: await listen(admin),
    async close() {
      for (const server of [app, admin]) {
        server.closeAllConnections()
        server.close()
      }
      await Promise.all([orm.close(), adminPool.end()])
    },
  }
}

async function answer(orm: MikroORM, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { searchParams } = new URL(request.url ?? "/", "http://localhost")
  response.setHeader("content-type", "application/json")
  try {
    const found = await search(orm, searchParams.get("name") ?? "")
    response.end(JSON.stringify(found ?? null))
  } catch (error) {
    // 28000: the company is not signed; 42501: the role may not. The client learns no more.
    const isRefused = ["28000", "42501"].includes(String((error as { code?: unknown }).code))
    response.writeHead(isRefused ? 403 : 500).end("{}")
  }
}

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
