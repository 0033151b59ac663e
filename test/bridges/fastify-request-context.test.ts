import { fastifyRequestContext, requestContext } from "@fastify/request-context"
import Fastify, { type FastifyInstance } from "fastify"
import { afterEach, describe, expect, it } from "vitest"
import { tenantScope } from "../../src/fastify/index.ts"
import { currentTenant } from "../../src/index.ts"
import { answerTo, callerHeader } from "./support/client.ts"
import { answersToAll, eachItsOwn, meeting } from "./support/interleaving.ts"

declare module "@fastify/request-context" {
  interface RequestContextData {
    tenant?: string
  }
}

let app: FastifyInstance | undefined

afterEach(async () => {
  await app?.close()
  app = undefined
})

async function start(work: () => unknown): Promise<string> {
  app = Fastify()
  await app.register(fastifyRequestContext)
  app.addHook("onRequest", (request, _, done) => {
    const caller = request.headers[callerHeader]
    if (typeof caller === "string") requestContext.set("tenant", caller)
    done()
  })
  await app.register(tenantScope({ resolve: () => requestContext.get("tenant") }))
  app.all("/", work)
  return app.listen({ port: 0, host: "127.0.0.1" })
}

describe("a resolve that reads @fastify/request-context 7", () => {
  it.each([
    ["without a body", {}],
    ["with a body", { method: "POST", body: "{}", headers: { "content-type": "application/json" } }],
  ])("shows interleaved requests %s their own tenants", async (_, init) => {
    const url = await start(meeting(currentTenant))

    expect(await answersToAll(url, init)).toEqual(eachItsOwn)
  })

  it("refuses a request whose context holds no tenant", async () => {
    const url = await start(() => ({ tenant: currentTenant() }))

    expect(await answerTo(url)).toMatchObject({ status: 400, code: "TENANT_ABSENT" })
  })

  it("stays with the tenant of the entry whatever the context says later", async () => {
    const url = await start(async () => {
      requestContext.set("tenant", "globex")
      await Promise.resolve()
      return { scope: currentTenant(), context: requestContext.get("tenant") }
    })

    expect(await answerTo(url, "acme")).toEqual({ scope: "acme", context: "globex" })
  })
})
