import { Controller, Get, Module } from "@nestjs/common"
import { describe, expect, it } from "vitest"
import { fromClaim, fromHeader, TenantModule, type TenantModuleAsyncOptions } from "../../src/nestjs/index.ts"
import { refusalOf, rejectionOf } from "../core/support/refusal.ts"
import { scopeName } from "../http/support/frameworks.ts"
import { moduleWith } from "../http/support/nest.ts"
import { as, AuthModule } from "./support/auth.ts"
import { platforms, serving } from "./support/serving.ts"

const resolve = fromClaim("merchant")

const mistakes: readonly (readonly [string, unknown, string])[] = [
  ["no options", undefined, "TenantModule needs options. Pass at least { resolve: fromClaim('tenant') }."],
  [
    "an unknown option",
    { resolve, onRejected: () => undefined },
    "'onRejected' is no option of TenantModule. Did you mean 'onReject'?",
  ],
  [
    "a resolveMessage that is no function",
    { resolve, resolveMessage: "merchant" },
    "resolveMessage must be a function.",
  ],
  [
    "a resolver that the client controls, without authorize",
    { resolve: fromHeader("x-merchant") },
    'fromHeader("x-merchant") lets the client choose its tenant. Pass authorize: (request, tenant) => ' +
      "isMember(request.user, tenant), or trustClient: 'reason' if something in front of this server has verified it.",
  ],
]

const unknownPlaces = ["Global", null, true]
const wrongPlace = { code: "OPTION_INVALID", message: 'guard must be "global" or "manual".' }

describe("TenantModule.forRoot refuses", () => {
  it.each(mistakes)("%s", (_, options, message) => {
    expect(refusalOf(() => TenantModule.forRoot(options as never))).toMatchObject({ code: "OPTION_INVALID", message })
  })

  it.each(unknownPlaces)("a guard that is %j", (guard) => {
    expect(refusalOf(() => TenantModule.forRoot({ resolve, guard: guard as never }))).toMatchObject(wrongPlace)
  })
})

class Config {
  readonly claim = "merchant"
}

@Module({ providers: [Config], exports: [Config] })
class ConfigModule {}

@Controller()
class AppController {
  @Get()
  read(): string {
    return scopeName()
  }
}

describe.each(platforms)("TenantModule.forRootAsync on $name", (platform) => {
  const start = serving(platform)
  const moduleOf = <Dependencies extends readonly unknown[]>(options: TenantModuleAsyncOptions<never, Dependencies>) =>
    moduleWith([AppController], [AuthModule, TenantModule.forRootAsync(options)])

  it.each([
    ["at once", (config: Config) => ({ resolve: fromClaim(config.claim) })],
    ["by a promise", async (config: Config) => Promise.resolve({ resolve: fromClaim(config.claim) })],
  ])("takes options that a factory makes of other providers %s", async (_, useFactory) => {
    const url = await start(moduleOf({ imports: [ConfigModule], inject: [Config], useFactory }))

    expect(await (await fetch(url, as("acme"))).text()).toBe("acme")
  })

  it("leaves the guard to the application with { guard: 'manual' }", async () => {
    const url = await start(moduleOf({ guard: "manual", useFactory: () => ({ resolve }) }))

    expect(await (await fetch(url, as("acme"))).text()).toBe("none")
  })
})

describe.each(platforms)("an application on $name does not start", (platform) => {
  const start = async (options: unknown, others: object = {}): Promise<unknown> => {
    const tenants = TenantModule.forRootAsync({ ...others, useFactory: () => options as never })
    const app = await platform.create(moduleWith([AppController], [tenants]))
    return app.init()
  }

  it.each(mistakes)("when the factory makes %s", async (_, options, message) => {
    expect(await rejectionOf(start(options))).toMatchObject({ code: "OPTION_INVALID", message })
  })

  it("when the factory names a guard, which is too late to be heeded", async () => {
    expect(await rejectionOf(start({ resolve, guard: "manual" }))).toMatchObject({ code: "OPTION_INVALID" })
  })
})

describe("TenantModule.forRootAsync refuses", () => {
  it.each(unknownPlaces)("a guard that is %j", (guard) => {
    const options = { guard: guard as never, useFactory: () => ({ resolve }) }

    expect(refusalOf(() => TenantModule.forRootAsync(options))).toMatchObject(wrongPlace)
  })

  it("an unknown option", () => {
    const options = { gaurd: "manual", useFactory: () => ({ resolve }) } as const

    expect(refusalOf(() => TenantModule.forRootAsync(options as never))).toMatchObject({ code: "OPTION_INVALID" })
  })
})
