import { beforeEach, describe, expect, it } from "vitest"
import { TenantModule } from "../../src/nestjs/index.ts"
import { bypassesDuring } from "../http/support/bypasses-during.ts"
import { moduleWith } from "../http/support/nest.ts"
import { as } from "./support/auth.ts"
import { controlledGraphql, mountedGraphql, query, type ContextOf } from "./support/graphql.ts"
import { resolvers } from "./support/resolvers.ts"
import { platforms, serving } from "./support/serving.ts"

interface Caller {
  readonly headers: Readonly<Record<string, string>>
}

let calls = 0

/** The caller's merchant, by the header that authentication would have verified. */
function merchantOf({ headers }: Caller): string | undefined {
  calls++
  const user = headers["x-user"]
  return user === undefined ? undefined : (JSON.parse(user) as { merchant: string }).merchant
}

const ways = [
  ["at once", merchantOf],
  ["by a promise", async (request: Caller) => Promise.resolve(merchantOf(request))],
] as const
const places = platforms.flatMap((platform) => [
  { platform, where: `a route of its own on ${platform.name}`, graphql: mountedGraphql },
  { platform, where: `a controller on ${platform.name}`, graphql: controlledGraphql },
])
const moduleOf = (graphql = mountedGraphql, resolve: unknown = merchantOf, contextOf: ContextOf = (req) => ({ req })) =>
  moduleWith([], [TenantModule.forRoot({ resolve: resolve as () => string }), graphql(resolvers, contextOf)])

beforeEach(() => {
  calls = 0
})

describe.each(places)("the resolvers of a request to $where", ({ platform, graphql }) => {
  const start = serving(platform)

  it.each(ways)("run in the scope of the request, which is resolved once, %s", async (_, resolve) => {
    const url = await start(moduleOf(graphql, resolve))

    expect(await query(url, "{ a b c }", as("acme"))).toEqual({ data: { a: "acme", b: "acme", c: "acme" } })
    expect(calls).toBe(1)
  })

  it("run in the scope of the request beside one that is @Tenantless, which is recorded once", async () => {
    const url = await start(moduleOf(graphql))
    let answer: unknown

    const records = await bypassesDuring(async () => {
      answer = await query(url, "{ health a b c }", as("acme"))
    })

    expect(answer).toEqual({ data: { health: "bypass", a: "acme", b: "acme", c: "acme" } })
    expect(records).toMatchObject([{ reason: "health check" }])
  })

  it("have fields without guards of their own, which run in the scope of the request", async () => {
    const url = await start(moduleOf(graphql))

    expect(await query(url, "{ order { scope } }", as("acme"))).toEqual({ data: { order: { scope: "acme" } } })
  })
})

describe.each(platforms)("the resolvers of a request of nobody on $name", (platform) => {
  const start = serving(platform)

  it("do not run, but for one that is @Tenantless", async () => {
    const url = await start(moduleOf())

    expect(await query(url, "{ health a }")).toEqual({
      data: { health: "bypass", a: null },
      errors: ["The request names no tenant."],
    })
  })

  it("have no scope in the fields below one that is @Tenantless", async () => {
    const url = await start(moduleOf())

    expect(await query(url, "{ openOrder { scope } }")).toEqual({ data: { openOrder: { scope: "none" } } })
  })

  it.each(ways)("are refused together: the request is decided once, %s", async (_, resolve) => {
    const url = await start(moduleOf(mountedGraphql, resolve))

    expect(await query(url, "{ a b c }")).toMatchObject({ data: { a: null, b: null, c: null } })
    expect(calls).toBe(1)
  })
})

describe("the request of an operation is found", () => {
  const [onExpress, onFastify] = platforms.map((platform) => serving(platform))
  const module = (contextOf: ContextOf) => moduleOf(mountedGraphql, merchantOf, contextOf)

  it.each<[string, ContextOf]>([
    ["req", (req) => ({ req })],
    ["request", (request) => ({ request })],
  ])("on express as %s", async (_, contextOf) => {
    expect(await query(await onExpress!(module(contextOf)), "{ a }", as("acme"))).toEqual({ data: { a: "acme" } })
  })

  it.each<[string, ContextOf]>([
    ["req", (req) => ({ req })],
    ["req, which is that of node:http", (request) => ({ req: (request as { raw: object }).raw })],
    ["request", (request) => ({ request })],
    ["reply, which has it", (_, reply) => ({ reply })],
  ])("on fastify as %s", async (_, contextOf) => {
    expect(await query(await onFastify!(module(contextOf)), "{ a }", as("acme"))).toEqual({ data: { a: "acme" } })
  })
})
