import { AsyncLocalStorage } from "node:async_hooks"
import { once } from "node:events"
import express, { type RequestHandler } from "express"
import type { EntityManager } from "typeorm"
import { afterEach, describe, expect, it } from "vitest"
import { fromQuery, tenantScope } from "../../src/express/index.ts"
import { currentTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { idsOf } from "../typeorm/support/lab.ts"
import { openShop, type Shop } from "../typeorm/support/shop.ts"
import { all, answers, next, sendAll, writeCrowd } from "./support/crowd.ts"
import { rounds } from "./support/rounds.ts"
import { serve, type Served } from "./support/serve.ts"

const poolSize = 10

let shop: Shop
let server: Served

afterEach(async () => {
  await server.close()
  await shop.close()
})

const managers = new AsyncLocalStorage<EntityManager>()

const scope = tenantScope({ resolve: fromQuery("tenant"), trustClient: "test" }) as RequestHandler
/** One transaction for each request: it is committed when the response is sent, or its client is gone. */
const transaction: RequestHandler = async (_, response, next) => {
  const sent = once(response, "close")
  await shop.dataSource.transaction(async (manager) => {
    managers.run(manager, () => next())
    await sent
  })
}

/** In every transaction of the pool a request has loaded one customer when the last of them loads the next one first. */
async function serveAll(chain: RequestHandler[], strategy: "join" | "query", failsafe?: null): Promise<unknown[]> {
  shop = await openShop({
    kind: "postgresql",
    ...(failsafe === null ? { failsafe } : {}),
    config: { extra: { max: poolSize }, relationLoadStrategy: strategy },
  })
  await writeCrowd(shop.database)
  const meet = rounds(poolSize)
  const app = express().use(...chain)
  app.get("/:customer", async (request, response) => {
    const customer = Number(request.params.customer)
    const before = await load(customer).finally(meet)
    const after = await load(next(customer))
    response.json({ before, after, tenant: currentTenant() })
  })
  server = await serve(app)
  return sendAll(server.url)
}

async function load(id: number): Promise<number[]> {
  const customers = managers.getStore()!.getRepository(shop.Customer)
  const customer = await customers.findOneOrFail({ where: { id }, relations: { addresses: true } })
  return idsOf(customer.addresses)
}

describe.each([
  { order: "tenantScope, then a transaction", chain: [scope, transaction] },
  { order: "a transaction, then tenantScope", chain: [transaction, scope] },
])("$order", ({ chain }) => {
  it.each(["join", "query"] as const)("200 requests, ten at a time, see their own rows: %s", async (strategy) => {
    const { result } = await collectLeaks(() => serveAll(chain, strategy))

    expect(result).toEqual(answers())
  })

  it("without the failsafe they see the rows of all tenants: the check catches it", async () => {
    expect(await serveAll(chain, "join", null)).toEqual(answers((customer) => all(customer)))
  })
})
