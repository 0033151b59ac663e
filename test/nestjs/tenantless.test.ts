import { Controller, Get } from "@nestjs/common"
import { describe, expect, it } from "vitest"
import { fromClaim, Tenantless, TenantModule } from "../../src/nestjs/index.ts"
import { refusalOf } from "../core/support/refusal.ts"
import { bypassesDuring } from "../http/support/bypasses-during.ts"
import { scopeName } from "../http/support/frameworks.ts"
import { moduleWith } from "../http/support/nest.ts"
import { as, AuthModule } from "./support/auth.ts"
import { platforms, serving } from "./support/serving.ts"

@Controller("mixed")
class MixedController {
  @Get("health")
  @Tenantless("health check")
  health(): string {
    return scopeName()
  }

  @Get("work")
  work(): string {
    return scopeName()
  }
}

@Controller("public")
@Tenantless("the shop window")
class PublicController {
  @Get("window")
  window(): string {
    return scopeName()
  }

  @Get("terms")
  @Tenantless("the terms of business")
  terms(): string {
    return scopeName()
  }
}

describe.each(platforms)("@Tenantless on $name", (platform) => {
  const start = serving(platform)
  const tenantless = (request: { readonly url: string }) => (request.url === "/mixed/work" ? "by option" : false)
  const module = (options: object = {}) =>
    moduleWith(
      [MixedController, PublicController],
      [AuthModule, TenantModule.forRoot({ resolve: fromClaim("merchant"), ...options })],
    )

  it.each([
    ["a handler runs it past the guard, for nobody", "/mixed/health", {}],
    ["a handler runs it past the guard, whoever calls it", "/mixed/health", as("acme")],
    ["a controller runs each of its handlers past the guard", "/public/window", {}],
  ])("on %s", async (_, path, caller) => {
    const url = await start(module())

    expect(await (await fetch(url + path, caller)).text()).toBe("bypass")
  })

  it("on a handler leaves its neighbours alone", async () => {
    const url = await start(module())

    expect((await fetch(`${url}/mixed/work`)).status).toBe(401)
    expect(await (await fetch(`${url}/mixed/work`, as("acme"))).text()).toBe("acme")
  })

  it.each([
    ["the handler's", "/mixed/health", "health check"],
    ["the controller's", "/public/window", "the shop window"],
    ["the handler's rather than the controller's", "/public/terms", "the terms of business"],
  ])("publishes %s reason, once for each request", async (_, path, reason) => {
    const url = await start(module())

    const records = await bypassesDuring(() => fetch(url + path))

    expect(records).toMatchObject([{ event: "tenant_bypass", kind: "bypass", reason }])
  })

  it("has an option beside it, which publishes its own reason", async () => {
    const url = await start(module({ tenantless }))
    let scope: unknown

    const records = await bypassesDuring(async () => {
      scope = await (await fetch(`${url}/mixed/work`)).text()
    })

    expect(scope).toBe("bypass")
    expect(records).toMatchObject([{ reason: "by option" }])
  })

  it("goes before the option", async () => {
    const url = await start(module({ tenantless: () => "by option" }))

    const records = await bypassesDuring(() => fetch(`${url}/mixed/health`))

    expect(records).toMatchObject([{ reason: "health check" }])
  })
})

it.each(["", " \n"])("@Tenantless(%j) is refused when the class is defined", (reason) => {
  const given = reason === "" ? "an empty string" : "a blank string"

  expect(refusalOf(() => Tenantless(reason))).toMatchObject({
    code: "REASON_MISSING",
    message:
      `Tenantless(reason) got ${given} as the reason. Say why in a few words, for example "nightly invoice export": ` +
      "the reason is published with each use.",
  })
})
