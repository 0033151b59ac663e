/**
 * Tenants and their items, with fastify and TypeORM. The tenant is named by a header.
 *
 * Why in the database as well? TypeORM has no notion of a tenant, and `query()` takes any SQL. Here each statement, on whatever path it
 * is sent, runs in a transaction that knows its tenant; without one, the tables are empty.
 */
import Fastify, { type FastifyInstance } from "fastify"
import { TenantFailsafeError } from "tenant-failsafe"
import { fromHeader, tenantless, tenantScope } from "tenant-failsafe/fastify"
import { holdsKey } from "./api-keys.ts"
import { openDataSource } from "./data-source.ts"
import { setting, type Environment } from "./environment.ts"
import { routes } from "./items.ts"

export async function start(env: Environment): Promise<{ readonly url: string; close(): Promise<void> }> {
  const dataSource = await openDataSource(setting(env, "DATABASE_URL"))
  const app = Fastify()
  app.setErrorHandler(refused)
  await app.register(tenantScope({ resolve: fromHeader("x-tenant"), authorize: holdsKey(dataSource) }))
  // A route that nobody gave a tenant sees none.
  app.get("/health", tenantless("health check"), async () => {
    const [row] = await dataSource.query<{ items: number }[]>("select count(*)::int as items from item")
    return { items: row?.items }
  })
  routes(app, dataSource)
  const url = await app.listen({ port: 0, host: "127.0.0.1" })
  return {
    url,
    async close() {
      await app.close()
      await dataSource.destroy()
    },
  }
}

/** What one of the two layers refused; the client learns no more. */
const refused: FastifyInstance["errorHandler"] = (error: unknown, _request, reply) => {
  const isRefused = error instanceof TenantFailsafeError || (error as { code?: unknown }).code === "42501"
  return isRefused ? reply.code(403).send({ detail: "This is not yours." }) : reply.send(error)
}
