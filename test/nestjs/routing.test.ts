import {
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  RequestMethod,
  UseGuards,
  Version,
  VersioningType,
  type INestApplication,
} from "@nestjs/common"
import { describe, expect, it } from "vitest"
import { fromClaim, fromHeader, TenantGuard, TenantModule } from "../../src/nestjs/index.ts"
import { scopeName } from "../http/support/frameworks.ts"
import { moduleWith } from "../http/support/nest.ts"
import { as, AuthGuard, AuthModule } from "./support/auth.ts"
import { platforms, serving } from "./support/serving.ts"

const resolve = fromClaim("merchant")

@Controller()
class AppController {
  @Get("orders")
  orders(): string {
    return scopeName()
  }

  @Get("excluded")
  excluded(): string {
    return scopeName()
  }

  @Get("versioned")
  @Version("2")
  versioned(): string {
    return `${scopeName()}, version 2`
  }
}

function prepare(app: INestApplication): void {
  app.setGlobalPrefix("api", { exclude: [{ path: "excluded", method: RequestMethod.GET }] })
  app.enableVersioning({ type: VersioningType.HEADER, header: "x-version" })
}

describe.each(platforms)("on $name", (platform) => {
  const start = serving(platform)
  const module = moduleWith([AppController], [AuthModule, TenantModule.forRoot({ resolve })])

  it.each([
    ["under a global prefix", "/api/orders", {}, "acme"],
    ["that is excluded from the global prefix", "/excluded", {}, "acme"],
    ["of a version", "/api/versioned", { "x-version": "2" }, "acme, version 2"],
  ])("a route %s is guarded", async (_, path, headers, expected) => {
    const url = await start(module, prepare)

    const answer = await fetch(url + path, { headers: { ...as("acme").headers, ...headers } })

    expect(await answer.text()).toBe(expected)
    expect((await fetch(url + path, { headers })).status).toBe(401)
  })

  it("a path that has no route is not found, without a tenant", async () => {
    const url = await start(module, prepare)

    expect((await fetch(`${url}/nowhere`)).status).toBe(404)
  })

  it("a feature module gets TenantGuard without importing TenantModule", async () => {
    @Injectable()
    class Feature {
      readonly guard: TenantGuard

      constructor(@Inject(TenantGuard) guard: TenantGuard) {
        this.guard = guard
      }
    }

    @Controller()
    @UseGuards(AuthGuard, TenantGuard)
    class FeatureController {
      readonly #feature: Feature

      constructor(@Inject(Feature) feature: Feature) {
        this.#feature = feature
      }

      @Get()
      read(): object {
        return { scope: scopeName(), isInjected: this.#feature.guard instanceof TenantGuard }
      }
    }

    @Module({ controllers: [FeatureController], providers: [Feature] })
    class FeatureModule {}
    const url = await start(moduleWith([], [FeatureModule, TenantModule.forRoot({ resolve, guard: "manual" })]))

    expect(await (await fetch(url, as("acme"))).json()).toEqual({ scope: "acme", isInjected: true })
  })

  it("TenantGuard without TenantModule stops the application from starting", async () => {
    @Controller()
    @UseGuards(TenantGuard)
    class AloneController {
      @Get()
      read(): void {}
    }
    const starting = async () => {
      const app: INestApplication = await platform.create(moduleWith([AloneController], []))
      return app.init()
    }

    await expect(starting()).rejects.toThrow("TenantGuard")
  })
})

describe("on express", () => {
  const start = serving(platforms[0]!)

  it("a request to which the application has added something named raw is guarded as any other", async () => {
    const tenants = TenantModule.forRoot({ resolve: fromHeader("x-merchant"), trustClient: "test" })
    const url = await start(moduleWith([AppController], [tenants]), (app) =>
      app.use((request: object, _: unknown, next: () => void) => {
        Object.assign(request, { raw: Buffer.from("the body as it was sent") })
        next()
      }),
    )

    const answer = await fetch(`${url}/orders`, { headers: { "x-merchant": "acme" } })

    expect(await answer.text()).toBe("acme")
  })
})
