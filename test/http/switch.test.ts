import { createServer } from "node:http"
import express from "express"
import session from "express-session"
import { afterEach, describe, expect, it } from "vitest"
import { fromBody, fromHeader, fromSession, tenantScope, tenantSwitch } from "../../src/express/index.ts"
import { bypassesDuring } from "./support/bypasses-during.ts"
import { scopeName, type Running } from "./support/frameworks.ts"
import { listen } from "./support/listen.ts"
import { switchingFrameworks, type Sessions } from "./support/switching.ts"

let server: Running | undefined
let sessions: Sessions

afterEach(async () => {
  await server?.close()
  server = undefined
})

const switchTo = (body: unknown, headers: Record<string, string> = { "x-sid": "1" }) =>
  fetch(`${server!.url}/session/tenant`, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
  })
const work = async (headers: Record<string, string> = {}): Promise<unknown> => {
  const response = await fetch(`${server!.url}/work`, { headers: { "x-sid": "1", ...headers } })
  return response.status === 200 ? response.text() : response.status
}
const problemOf = async (response: Response): Promise<unknown> => {
  const { status, code } = (await response.json()) as { status: number; code: string }
  return [response.status, response.headers.get("content-type")?.split(";")[0], status, code]
}

describe.each(switchingFrameworks)("$name", ({ name, start }) => {
  // In Nest the handler's exception says what is wrong, and the platform answers it as any other.
  const problem = name.startsWith("nest") ? "application/json" : "application/problem+json"

  async function open(session: object = { merchant: "acme" }, options = {}): Promise<void> {
    sessions = new Map([["1", session]])
    server = await start(sessions, options)
  }

  it("moves the session to a tenant that the caller may enter, and says which one is active", async () => {
    await open()

    const response = await switchTo({ tenant: "globex" })

    expect([response.status, response.headers.get("content-type")?.split(";")[0], await response.json()]).toEqual([
      200,
      "application/json",
      { tenant: "globex" },
    ])
    expect(await work()).toBe("globex")
  })

  it("records the move", async () => {
    await open()

    const records = await bypassesDuring(() => switchTo({ tenant: "globex" }))

    expect(records.filter(({ kind }) => kind === "switch")).toMatchObject([
      { event: "tenant_bypass", reason: "a session moved to another tenant by tenantSwitch" },
    ])
  })

  it.each([
    ["a tenant that the caller may not enter", { tenant: "umbrella" }, 404, "TENANT_NOT_FOUND"],
    ["a suspended tenant", { tenant: "initech" }, 403, "SUSPENDED"],
    ["a body without a tenant", {}, 400, "TENANT_ABSENT"],
    ["a list", { tenant: ["globex"] }, 400, "TENANT_MALFORMED"],
    ["what is inherited by every object", { tenant: { toString: 1 } }, 400, "TENANT_MALFORMED"],
  ])("leaves the session as it is for %s", async (_, body, status, code) => {
    await open()
    let refused: Response | undefined

    const records = await bypassesDuring(async () => (refused = await switchTo(body)))

    expect(await problemOf(refused!)).toEqual([status, problem, status, code])
    expect(records.filter(({ kind }) => kind === "switch")).toEqual([])
    expect(await work()).toBe("acme")
  })

  it("sends who has no session to sign in", async () => {
    await open()

    expect(await problemOf(await switchTo({ tenant: "globex" }, {}))).toEqual([401, problem, 401, "UNAUTHENTICATED"])
  })

  it("lets a caller in who had no tenant before", async () => {
    await open({})
    expect(await work()).toBe(403)

    await switchTo({ tenant: "globex" })

    expect(await work()).toBe("globex")
  })

  it("stores the tenant as the application does it, and answers 503 when that fails", async () => {
    const stored: unknown[] = []
    const options = {
      session(_: object, tenant: unknown) {
        if (stored.push(tenant) > 1) throw new Error("the session store is down")
      },
      onReject: () => undefined,
    }
    await open({ merchant: "acme" }, options)

    const statuses = [(await switchTo({ tenant: "globex" })).status, (await switchTo({ tenant: "globex" })).status]

    expect(statuses).toEqual([200, 503])
    expect(stored).toEqual(["globex", "globex"])
  })

  it("selects per request by a header, as far as the caller may, and leaves the session alone", async () => {
    await open()

    expect([await work({ "x-tenant": "globex" }), await work({ "x-tenant": "umbrella" }), await work()]).toEqual([
      "globex",
      404,
      "acme",
    ])
  })

  it("runs a route that needs no tenant in a bypass with its reason", async () => {
    await open()
    let answer: string | undefined

    const records = await bypassesDuring(async () => (answer = await (await fetch(`${server!.url}/health`)).text()))

    expect(answer).toBe("bypass")
    expect(records.map(({ kind, reason }) => [kind, reason])).toEqual([["bypass", "health check"]])
  })
})

it("stays in a session of express-session, from one request to the next", async () => {
  const app = express()
  app.use(express.json())
  app.use(session({ secret: "test", resave: false, saveUninitialized: true }))
  app.post("/session/tenant", tenantSwitch({ resolve: fromBody("tenant"), authorize: () => true, session: "merchant" }))
  app.use(tenantScope({ resolve: fromSession("merchant") }))
  app.get("/work", (_, response) => void response.send(scopeName()))
  server = await listen(createServer(app))

  const switched = await switchTo({ tenant: 7 })
  const cookie = switched.headers.get("set-cookie")!.split(";")[0]!

  expect(await switched.json()).toEqual({ tenant: 7 })
  expect(await work({ cookie })).toBe("7")
  expect(await work()).toBe(403)
})

describe("tenantSwitch refuses to start", () => {
  const options = { resolve: fromBody("tenant"), authorize: () => true, session: "merchant" }

  it.each([
    [
      "without authorize",
      { ...options, authorize: undefined },
      "tenantSwitch needs authorize: (request, tenant) => isMember(request.user, tenant).",
    ],
    [
      "with a session that is no key",
      { ...options, session: " " },
      "session must be the key that fromSession(key) reads, or a function that stores the tenant.",
    ],
    [
      "with an unknown option",
      { ...options, sesion: "merchant" },
      "'sesion' is no option of tenantSwitch. Did you mean 'session'?",
    ],
    [
      "without a resolver",
      { ...options, resolve: "tenant" },
      "resolve must be a function of the request, or a resolver such as fromClaim('tenant').",
    ],
  ])("%s", (_, wrong, message) => {
    expect(() => tenantSwitch(wrong as never)).toThrow(expect.objectContaining({ code: "OPTION_INVALID", message }))
  })

  it("and takes every resolver", () => {
    expect(() => tenantSwitch({ ...options, resolve: fromHeader("x-tenant") })).not.toThrow()
  })
})
