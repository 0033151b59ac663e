import { RequestContext } from "@mikro-orm/core"
import express, { type Request, type RequestHandler } from "express"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { fromQuery, tenantScope } from "../../src/express/index.ts"
import { currentTenant, withoutTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { idsOf, openShop, type Shop } from "../mikro-orm/support/shop.ts"
import { all, answers, next, own, requests, sendAll, writeCrowd } from "./support/crowd.ts"
import { rounds } from "./support/rounds.ts"
import { serve, type Served } from "./support/serve.ts"

let shop: Shop
let server: Served | undefined

beforeEach(async () => {
  shop = await open()
})

afterEach(async () => {
  await server?.close()
  server = undefined
  await shop.close()
})

async function open(failsafe?: null): Promise<Shop> {
  const opened = await openShop("postgresql", {
    ...(failsafe === null ? { failsafe } : {}),
    config: { pool: { min: 0, max: 10 } },
  })
  await writeCrowd(opened.database)
  return opened
}

type Options = Partial<Parameters<typeof tenantScope<Request>>[0]>

const scope = (options: Options = {}): RequestHandler =>
  tenantScope<Request>({ resolve: fromQuery("tenant"), trustClient: "test", ...options }) as RequestHandler
const context: RequestHandler = (_, __, next) => RequestContext.create(shop.orm.em, next)

const orders = [
  { order: "tenantScope, then RequestContext", chain: (options?: Options) => [scope(options), context] },
  { order: "RequestContext, then tenantScope", chain: (options?: Options) => [context, scope(options)] },
]

const load = async (id: number, strategy: "joined" | "select-in" = "select-in"): Promise<number[]> => {
  const customer = await shop.orm.em.findOneOrFail(shop.Customer, { id }, { populate: ["addresses"], strategy })
  return idsOf(customer.addresses)
}

/** All requests have loaded one customer when the last of them loads the next one first. */
async function serveAll(chain: RequestHandler[], strategy: "joined" | "select-in"): Promise<unknown[]> {
  const meet = rounds(requests.length)
  const app = express().use(...chain)
  app.get("/:customer", async (request, response) => {
    const customer = Number(request.params.customer)
    const before = await load(customer, strategy).finally(meet)
    const after = await load(next(customer), strategy)
    response.json({ before, after, tenant: currentTenant() })
  })
  server = await serve(app)
  return sendAll(server.url)
}

describe.each(orders)("$order", ({ chain }) => {
  it.each(["joined", "select-in"] as const)("200 interleaved requests see their own rows, %s", async (strategy) => {
    const { result } = await collectLeaks(() => serveAll(chain(), strategy))

    expect(result).toEqual(answers())
  })

  it("without the failsafe they see the rows of all tenants: the check catches it", async () => {
    await shop.close()
    shop = await open(null)

    expect(await serveAll(chain(), "joined")).toEqual(answers((customer) => all(customer)))
  })
})

/** What a handler, or the refusal, answers to one request. */
async function answer(chain: RequestHandler[], handler: RequestHandler): Promise<unknown> {
  const app = express().use(...chain)
  app.get("/:customer", handler)
  server = await serve(app)
  const response = await fetch(`${server.url}/1?tenant=1`)
  return response.ok ? await response.json() : response.status
}

describe("the order decides", () => {
  const seen = (order: (typeof orders)[number]) => async (): Promise<boolean> => {
    let hasContext: boolean | undefined
    const onReject = (): void => {
      hasContext = RequestContext.getEntityManager() !== undefined
    }
    await answer(order.chain({ resolve: () => undefined, onReject }), (_, response) => void response.json("reached"))
    return hasContext!
  }

  it("whether a request that is refused has got an EntityManager", async () => {
    const [scopeFirst, contextFirst] = orders.map((order) => seen(order)) as [
      () => Promise<boolean>,
      () => Promise<boolean>,
    ]

    expect(await scopeFirst()).toBe(false)
    await server!.close()
    expect(await contextFirst()).toBe(true)
  })

  const askTheGlobal: Options["authorize"] = async () => {
    await shop.orm.em.findOneOrFail(shop.Customer, { id: 1 })
    return true
  }
  const isManaged: RequestHandler = (_, response) => {
    response.json(shop.orm.em.getUnitOfWork().getById(shop.Customer, 1) !== undefined)
  }
  const silent: Options = { onReject: () => undefined }

  it("whether authorize can read with the global EntityManager: after RequestContext it can", async () => {
    expect(await answer(orders[0]!.chain({ ...silent, authorize: askTheGlobal }), isManaged)).toBe(503)
  })

  it("whether what authorize read is in the request's identity map: after RequestContext it is", async () => {
    expect(await answer(orders[1]!.chain({ authorize: askTheGlobal }), isManaged)).toBe(true)
  })

  it("whether authorize may read a guarded relation past the guard: even so, the handler sees own rows only", async () => {
    const authorize: Options["authorize"] = () => withoutTenant("test", async () => (await load(1)).length > 0)
    const show: RequestHandler = async (_, response) => void response.json(await load(1))

    const { result } = await collectLeaks(() => answer(orders[1]!.chain({ authorize }), show))

    expect(result).toEqual(own(1, 1))
  })

  it.each(orders)(
    "nothing about authorize, which runs outside any scope, reading a guarded relation: $order",
    async ({ chain }) => {
      const causes: unknown[] = []
      const { result } = await collectLeaks(() =>
        answer(
          chain({
            authorize: async () => {
              await shop.fork().findOneOrFail(shop.Customer, { id: 1 }, { populate: ["addresses"] })
              return true
            },
            onReject: ({ cause }) => void causes.push(cause),
          }),
          isManaged,
        ),
      )

      expect([result, causes]).toEqual([503, [expect.objectContaining({ code: "TENANT_MISSING" })]])
    },
  )

  it.each(orders)("nothing about authorize reading with a fork: $order", async ({ chain }) => {
    const authorize: Options["authorize"] = async () => {
      await shop.fork().findOneOrFail(shop.Customer, { id: 1 })
      return true
    }

    expect(await answer(chain({ authorize }), isManaged)).toBe(false)
  })
})
