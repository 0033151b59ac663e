/**
 * Companies with a schema each, with Koa and pg.
 *
 * Why a schema per company? It can be dumped, restored and dropped alone. It is where unqualified names lead, and no wall: the
 * application's role may use every company's, so SQL that names one reaches it. Where that must not be, take row security.
 */
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { json } from "node:stream/consumers"
import { Router } from "@koa/router"
import Koa, { type Middleware } from "koa"
import { fromSession, tenantless, tenantScope } from "tenant-failsafe/koa"
import type { Environment } from "./environment.ts"
import { operators } from "./operators.ts"
import { openPools } from "./pools.ts"
import { projects } from "./projects.ts"
import { login, logout, readSession } from "./sign-in.ts"

declare module "koa" {
  interface Request {
    body?: unknown
  }
}

export async function start(env: Environment): Promise<{ readonly url: string; close(): Promise<void> }> {
  const pools = openPools(env)
  const app = new Koa()
  const open = new Router()
  open.post("/login", tenantless("signing in"), login(pools.shared))
  open.post("/logout", tenantless("signing out"), logout(pools.shared))
  app.use(readBody)
  app.use(open.routes())
  app.use(operators(pools, env).routes())
  app.use(readSession(pools.shared))
  app.use(tenantScope({ resolve: fromSession("companyId") }))
  app.use(projects(pools.company).routes())

  const server = app.listen(0, "127.0.0.1")
  await once(server, "listening")
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      server.close()
      await pools.end()
    },
  }
}

const readBody: Middleware = async (context, next) => {
  if (context.is("json")) context.request.body = await json(context.req).catch(() => context.throw(400))
  await next()
}
