import { Controller, Get, UseGuards, type CanActivate } from "@nestjs/common"
import { beforeEach, describe, expect, it } from "vitest"
import { bindTenant, withTenant, type TenantFailsafeError } from "../../src/index.ts"
import { TenantGuard, TenantModule } from "../../src/nestjs/index.ts"
import { scopeName } from "../http/support/frameworks.ts"
import { moduleWith } from "../http/support/nest.ts"
import { platforms, serving } from "./support/serving.ts"

let calls = 0
let bound = (): string => "never bound"
const afterResolve = Promise.withResolvers<void>()
let leftRunning: Promise<string> | undefined

class BindingGuard implements CanActivate {
  canActivate(): boolean {
    bound = bindTenant(() => scopeName())
    return true
  }
}

@Controller()
@UseGuards(TenantGuard, TenantGuard)
class AppController {
  @Get()
  @UseGuards(TenantGuard)
  read(): object {
    return { scope: scopeName(), bound: bound() }
  }

  @Get("crosses")
  cross(): object {
    try {
      return { scope: withTenant("globex", scopeName) }
    } catch (error) {
      return { code: (error as TenantFailsafeError).code, scope: scopeName() }
    }
  }

  @Get("left-running")
  async leave(): Promise<object> {
    afterResolve.resolve()
    return { left: await leftRunning, scope: scopeName() }
  }
}

/** Resolves to another tenant with each call. */
const next = (): string => `tenant ${++calls}`

describe.each(platforms)("on $name a request", (platform) => {
  const start = serving(platform)
  const answer = async (resolve: () => string | Promise<string>, path = ""): Promise<unknown> => {
    const url = await start(moduleWith([AppController], [TenantModule.forRoot({ resolve })]))
    return (await fetch(url + path)).json()
  }

  beforeEach(() => {
    calls = 0
  })

  it.each([
    ["at once", next],
    ["by a promise", async () => Promise.resolve(next())],
  ])("that is resolved %s is resolved once, however many TenantGuards its route has", async (_, resolve) => {
    expect(await answer(resolve)).toMatchObject({ scope: "tenant 1" })
    expect(calls).toBe(1)
  })

  it("stays the tenant's that it was sealed for", async () => {
    expect(await answer(() => "acme", "/crosses")).toEqual({ code: "TENANT_SWITCH", scope: "acme" })
  })

  it("is nobody's in what was bound before TenantGuard", async () => {
    const binding: CanActivate = new BindingGuard()

    @Controller()
    @UseGuards(binding, TenantGuard)
    class BoundController {
      @Get()
      read(): object {
        return { scope: scopeName(), bound: bound() }
      }
    }
    const tenants = TenantModule.forRoot({ resolve: () => "acme", guard: "manual" })
    const url = await start(moduleWith([BoundController], [tenants]))

    expect(await (await fetch(url)).json()).toEqual({ scope: "acme", bound: "none" })
  })

  it("is nobody's in what resolve leaves running, as in every other framework", async () => {
    const resolve = (): string => {
      leftRunning = afterResolve.promise.then(() => scopeName())
      return "acme"
    }

    expect(await answer(resolve, "/left-running")).toEqual({ left: "none", scope: "acme" })
  })
})
