/**
 * A school management that several schools share, with express and MikroORM.
 *
 * Why two layers? The ORM drops foreign rows from what it loads and refuses foreign writes, with a message that a developer understands;
 * the database refuses what no ORM has seen: raw SQL, a forgotten route, another tool.
 */
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import express, { type ErrorRequestHandler } from "express"
import session from "express-session"
import { TenantFailsafeError } from "tenant-failsafe"
import { fromSession, tenantScope } from "tenant-failsafe/express"
import { classes } from "./classes.ts"
import { setting, type Environment } from "./environment.ts"
import { inspection } from "./inspection.ts"
import { openOrm } from "./orm.ts"
import { mayActFor, signIn } from "./sign-in.ts"

export async function start(env: Environment): Promise<{ readonly url: string; close(): Promise<void> }> {
  const orm = await openOrm(setting(env, "DATABASE_URL"))
  const app = express()
  app.use(express.json())
  app.use(
    session({
      secret: setting(env, "SESSION_SECRET"),
      resave: false,
      saveUninitialized: false,
      cookie: { httpOnly: true, sameSite: "lax" },
    }),
  )
  app.use(signIn(orm))
  app.get("/inspection", inspection(orm))
  app.use(tenantScope({ resolve: fromSession("schoolId"), authorize: mayActFor(orm) }))
  app.use(classes(orm))
  app.use(refused)

  const server = app.listen(0, "127.0.0.1")
  await once(server, "listening")
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      server.close()
      await orm.close()
    },
  }
}

/** What one of the two layers refused; the client learns no more. */
const refused: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  const isRefused = error instanceof TenantFailsafeError || (error as { code?: unknown }).code === "42501"
  if (!isRefused) return next(error)
  response.status(403).json({ detail: "This is not yours." })
}
