import { request as rawRequest } from "node:http"
import { afterEach, describe, expect, it } from "vitest"
import { currentTenant, withTenant } from "../../src/index.ts"
import {
  firstOf,
  fromClaim,
  fromHeader,
  fromPath,
  fromQuery,
  fromSession,
  fromSubdomain,
  lookup,
} from "../../src/http/index.ts"
import { frameworks, scopeName, type Application, type Options, type Running } from "./support/frameworks.ts"

const seven = (): number => 7
const own: Application = { work: () => ({ scope: scopeName() }) }
const asUser = (user: object) => ({ headers: { "x-user": JSON.stringify(user) } })

let server: Running | undefined

afterEach(async () => {
  await server?.close()
  server = undefined
})

describe.each(frameworks)("$name", ({ start }) => {
  async function answer(options: object, path = "/work", init: RequestInit = {}, application = own) {
    server = await start(options as Options, application)
    const response = await fetch(server.url + path, init)
    const text = await response.text()
    return { status: response.status, type: response.headers.get("content-type"), body: JSON.parse(text) as object }
  }

  const problem = (status: number, title: string, detail: string, code: string) => ({
    status,
    type: "application/problem+json",
    body: { type: "about:blank", title, status, detail, code },
  })

  describe("opens the scope of the tenant", () => {
    it.each([
      ["of a claim", { resolve: fromClaim("org.merchant") }, "/work", asUser({ org: { merchant: 7 } })],
      ["of the session", { resolve: fromSession("merchant") }, "/work", { headers: { "x-session": '{"merchant":7}' } }],
      [
        "of a header",
        { resolve: fromHeader("X-Merchant"), trustClient: "test" },
        "/work",
        { headers: { "x-merchant": "7" } },
      ],
      ["of a query parameter", { resolve: fromQuery("merchant"), trustClient: "test" }, "/work?merchant=7", {}],
      ["of the path", { resolve: fromPath("merchant"), trustClient: "test" }, "/shops/7", {}],
      ["of a function", { resolve: () => Promise.resolve(7) }, "/work", {}],
      ["0", { resolve: () => 0 }, "/work", {}],
      [
        "that is looked up",
        { resolve: lookup(fromQuery("shop"), (slug) => (slug === "acme" ? 7 : undefined)), trustClient: "test" },
        "/work?shop=acme",
        {},
      ],
      [
        "of the first resolver that is present",
        { resolve: firstOf(fromHeader("x-merchant"), fromClaim("merchant")), trustClient: "test" },
        "/work",
        asUser({ merchant: 7 }),
      ],
    ])("%s", async (name, options, path, init) => {
      expect(await answer(options, path, init as RequestInit)).toMatchObject({
        status: 200,
        body: { scope: name === "0" ? "0" : "7" },
      })
    })

    it("whom authorize lets in, with what the framework calls a request", async () => {
      const seen: unknown[] = []
      const options = {
        resolve: fromHeader("x-merchant"),
        authorize: (request: object, tenant: unknown) => {
          seen.push(tenant, typeof request)
          return Promise.resolve(true)
        },
      }

      expect(await answer(options, "/work", { headers: { "x-merchant": "7" } })).toMatchObject({ body: { scope: "7" } })
      expect(seen).toEqual(["7", "object"])
    })

    it("around the body of a request that was parsed before", async () => {
      const application: Application = { work: (_, body) => ({ scope: scopeName(), body }) }
      const init = { method: "POST", body: '{"a":1}', headers: { "content-type": "application/json" } }

      expect(await answer({ resolve: seven }, "/work", init, application)).toMatchObject({
        body: { scope: "7", body: { a: 1 } },
      })
    })

    it("and not that of the code which started the server", async () => {
      server = await withTenant(3, () => start({ resolve: seven }, own))

      expect(await (await fetch(`${server.url}/work`)).json()).toEqual({ scope: "7" })
    })

    it("which the next request on the same connection does not inherit", async () => {
      const options = { resolve: seven, tenantless: (request: never) => (isLogin(request) ? "signing in" : false) }
      server = await start(options, own)
      const scopes: unknown[] = []
      for (const path of ["/work", "/login", "/work"]) scopes.push(await (await fetch(server.url + path)).json())

      expect(scopes).toEqual([{ scope: "7" }, { scope: "bypass" }, { scope: "7" }])
    })
  })

  describe("refuses", () => {
    const notFound = problem(404, "Not Found", "There is no such tenant.", "TENANT_NOT_FOUND")
    const header = { resolve: fromHeader("x-merchant"), trustClient: "test" }

    it.each([
      [
        "nobody",
        { resolve: fromClaim("merchant") },
        {},
        problem(401, "Unauthorized", "Sign in first.", "UNAUTHENTICATED"),
      ],
      [
        "no session",
        { resolve: fromSession("merchant") },
        {},
        problem(401, "Unauthorized", "Sign in first.", "UNAUTHENTICATED"),
      ],
      [
        "somebody without a tenant",
        { resolve: fromClaim("merchant") },
        asUser({ name: "Ada" }),
        problem(403, "Forbidden", "You belong to no tenant.", "WITHOUT_TENANT"),
      ],
      [
        "a missing header",
        header,
        {},
        problem(400, "Bad Request", "The header x-merchant is missing.", "TENANT_ABSENT"),
      ],
      [
        "a function that finds nothing",
        { resolve: () => undefined },
        {},
        problem(400, "Bad Request", "The request names no tenant.", "TENANT_ABSENT"),
      ],
      [
        "a list in a header",
        header,
        { headers: { "x-merchant": "1,2" } },
        problem(400, "Bad Request", "The header x-merchant holds a character that no id has.", "TENANT_MALFORMED"),
      ],
      [
        "an over-long header",
        header,
        { headers: { "x-merchant": "1".repeat(256) } },
        problem(400, "Bad Request", "The header x-merchant is longer than 255 characters.", "TENANT_MALFORMED"),
      ],
      [
        "a caller who may not enter",
        { ...header, authorize: () => false },
        { headers: { "x-merchant": "7" } },
        notFound,
      ],
      ["a yes that is not true", { ...header, authorize: () => 1 }, { headers: { "x-merchant": "7" } }, notFound],
      [
        "a tenant that does not exist",
        { resolve: lookup(fromHeader("x-merchant"), () => null), trustClient: "test" },
        { headers: { "x-merchant": "7" } },
        notFound,
      ],
      [
        "a suspended tenant",
        { ...header, authorize: () => "suspended" },
        { headers: { "x-merchant": "7" } },
        problem(403, "Forbidden", "This tenant is suspended.", "SUSPENDED"),
      ],
    ])("%s", async (_, options, init, expected) => {
      let calls = 0
      const application: Application = { work: () => ({ calls: ++calls }) }

      const { type, ...rest } = await answer(options, "/work", init, application)

      expect({ ...rest, type: type?.split(";")[0] }).toEqual(expected)
      expect(calls).toBe(0)
    })

    it.each([
      [
        "a query parameter that is sent twice",
        "/work?merchant=1&merchant=2",
        "The query parameter merchant was sent more than once.",
      ],
      ["a malformed percent escape", "/work?merchant=%zz", "The query parameter merchant is not properly encoded."],
      ["a control character", "/work?merchant=a%00b", "The query parameter merchant holds a character that no id has."],
    ])("%s", async (_, path, detail) => {
      expect(await answer({ resolve: fromQuery("merchant"), trustClient: "test" }, path)).toMatchObject({
        status: 400,
        body: { detail, code: "TENANT_MALFORMED" },
      })
    })

    it("a header that is sent twice", async () => {
      server = await start(header, own)
      const status = await new Promise((resolve, reject) => {
        const request = rawRequest(`${server!.url}/work`, (response) => resolve(response.resume().statusCode))
        request.setHeader("x-merchant", ["1", "2"])
        request.on("error", reject).end()
      })

      expect(status).toBe(400)
    })

    it.each([
      ["resolve crashes", { resolve: (): Promise<never> => Promise.reject(new Error("down")) }],
      [
        "resolve throws",
        {
          resolve: (): never => {
            throw new Error("down")
          },
        },
      ],
      ["resolve returns what is no id", { resolve: (): object => ({}) }],
      ["authorize crashes", { resolve: seven, authorize: (): Promise<never> => Promise.reject(new Error("down")) }],
      [
        "tenantless crashes",
        {
          resolve: seven,
          tenantless: (): never => {
            throw new Error("down")
          },
        },
      ],
      ["resolve takes too long", { resolve: (): Promise<never> => new Promise(() => {}), timeout: 5 }],
    ])("with 503 when %s, and never continues", async (_, options) => {
      let calls = 0
      const application: Application = { work: () => ({ calls: ++calls }) }

      expect(await answer({ ...options, onReject: () => undefined }, "/work", {}, application)).toMatchObject({
        status: 503,
        body: { code: "UNAVAILABLE", detail: "The tenant of this request could not be determined." },
      })
      expect(calls).toBe(0)
    })
  })

  describe("a subdomain", () => {
    const options = { resolve: fromSubdomain({ of: "Shop.example" }), trustClient: "test" }
    const statusFor = async (host: string) => {
      server = await start(options, own)
      return new Promise((resolve, reject) => {
        const request = rawRequest(`${server!.url}/work`, { headers: { host } }, (response) => {
          let text = ""
          response
            .on("data", (chunk) => (text += String(chunk)))
            .on("end", () => resolve(response.statusCode === 200 ? text : response.statusCode))
        })
        request.on("error", reject).end()
      })
    }

    it.each(["acme.shop.example", "ACME.SHOP.EXAMPLE", "acme.shop.example:8080"])(
      "names the tenant in %s",
      async (host) => {
        expect(await statusFor(host)).toBe('{"scope":"acme"}')
      },
    )

    it.each([
      "shop.example",
      "www.shop.example",
      "a.b.shop.example",
      "127.0.0.1",
      "acme.other.example",
      "acmeshop.example",
    ])("names none in %s", async (host) => {
      expect(await statusFor(host)).toBe(400)
    })
  })

  it("answers 500 when the handler crashes, and the next request has its own scope", async () => {
    let isFirst = true
    const application: Application = {
      work() {
        if (!isFirst) return { scope: scopeName() }
        isFirst = false
        throw new Error("crash")
      },
    }
    server = await start({ resolve: seven }, application)

    expect((await fetch(`${server.url}/work`)).status).toBe(500)
    expect(await (await fetch(`${server.url}/work`)).json()).toEqual({ scope: "7" })
  })

  it("shows 1,000 interleaved requests their own tenants only, in whatever order they finish", async () => {
    const waiting: (() => void)[] = []
    const everybodyWaits = Promise.withResolvers<void>()
    const application: Application = {
      async work(path) {
        const before = currentTenant()
        if (path.includes("slow")) {
          await new Promise<void>((resolve) => {
            if (waiting.push(resolve) === 300) everybodyWaits.resolve()
          })
        }
        await Promise.resolve()
        return { before, after: currentTenant() }
      },
    }
    server = await start({ resolve: fromQuery("merchant"), trustClient: "test" }, application)
    const { url } = server
    const all = Array.from({ length: 1000 }, async (_, index) => {
      const isSlow = index % 3 === 0 && index < 900
      const response = await fetch(`${url}/work?merchant=t${index}${isSlow ? "&slow=1" : ""}`)
      return (await response.json()) as object
    })
    await everybodyWaits.promise
    for (const resolve of waiting.toReversed()) resolve()

    expect(await Promise.all(all)).toEqual(
      Array.from({ length: 1000 }, (_, index) => ({ before: `t${index}`, after: `t${index}` })),
    )
  })
})

function isLogin(request: unknown): boolean {
  const { url, path, req } = request as { url?: string; path?: string; req?: { url?: string } }
  return [url, path, req?.url].some((part) => part?.endsWith("/login"))
}
