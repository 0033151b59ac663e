import { Controller, Get, Injectable, Module, Scope, UseGuards, type INestApplication, type Type } from "@nestjs/common"
import { APP_GUARD } from "@nestjs/core"
import { describe, expect, it } from "vitest"
import { requireTenant, type TenantFailsafeError } from "../../src/index.ts"
import { fromClaim, TenantGuard, TenantModule, type TenantModulePlacement } from "../../src/nestjs/index.ts"
import { scopeName } from "../http/support/frameworks.ts"
import { moduleWith } from "../http/support/nest.ts"
import { as, AuthGuard, AuthModule } from "./support/auth.ts"
import { platforms, serving } from "./support/serving.ts"

const tenants = (placement: TenantModulePlacement = {}) =>
  TenantModule.forRoot({ resolve: fromClaim("merchant"), ...placement })

@Controller()
class PlainController {
  @Get()
  read(): object {
    return { scope: scopeName() }
  }
}

@Controller()
@UseGuards(AuthGuard, TenantGuard)
class GuardedController extends PlainController {
  @Get()
  override read(): object {
    return super.read()
  }
}

@Controller()
@UseGuards(TenantGuard, AuthGuard)
class WronglyGuardedController extends PlainController {
  @Get()
  override read(): object {
    return super.read()
  }
}

@Controller()
@UseGuards(AuthGuard)
class UnguardedController {
  @Get()
  read(): object {
    try {
      return { scope: scopeName(), tenant: requireTenant() }
    } catch (error) {
      const { code, message } = error as TenantFailsafeError
      return { scope: scopeName(), code, message }
    }
  }
}

@Injectable({ scope: Scope.REQUEST })
class ScopedAuthGuard extends AuthGuard {}

const byRoot = { provide: APP_GUARD, useClass: AuthGuard }

@Module({ controllers: [PlainController], imports: [tenants()], providers: [byRoot] })
class InRootModule {}

@Module({
  controllers: [PlainController],
  imports: [tenants()],
  providers: [{ provide: APP_GUARD, useClass: ScopedAuthGuard }],
})
class OfRequestModule {}

interface Placement {
  readonly where: string
  readonly module: Type
  readonly prepare?: (app: INestApplication) => unknown
}

const rightly: readonly Placement[] = [
  { where: "an APP_GUARD of the root module", module: InRootModule },
  { where: "in a module that is imported before", module: moduleWith([PlainController], [AuthModule, tenants()]) },
  {
    where: "before TenantGuard in @UseGuards",
    module: moduleWith([GuardedController], [tenants({ guard: "manual" })]),
  },
]

const wrongly: readonly Placement[] = [
  { where: "in a module that is imported after", module: moduleWith([PlainController], [tenants(), AuthModule]) },
  {
    where: "after TenantGuard in @UseGuards",
    module: moduleWith([WronglyGuardedController], [tenants({ guard: "manual" })]),
  },
  { where: "on a controller, behind the global TenantGuard", module: moduleWith([GuardedController], [tenants()]) },
  {
    where: "given to useGlobalGuards, which come after those of modules",
    module: moduleWith([PlainController], [tenants()]),
    prepare: (app) => app.useGlobalGuards(new AuthGuard()),
  },
  // Nest 12 runs those that live as long as a request after all others.
  { where: "request-scoped, even in the root module", module: OfRequestModule },
]

describe.each(platforms)("on $name an AuthGuard", (platform) => {
  const start = serving(platform)

  it.each(rightly)("$where comes first: the request is the tenant's", async ({ module }) => {
    const url = await start(module)

    expect(await (await fetch(url, as("acme"))).json()).toEqual({ scope: "acme" })
  })

  it.each(rightly)("$where lets nobody in who is nobody", async ({ module }) => {
    const url = await start(module)

    expect((await fetch(url)).status).toBe(401)
  })

  it.each(wrongly)("$where comes too late: 401", async ({ module, prepare }) => {
    const url = await start(module, prepare)

    expect((await fetch(url, as("acme"))).status).toBe(401)
  })
})

describe.each(platforms)("on $name a route without TenantGuard, with { guard: 'manual' },", (platform) => {
  const start = serving(platform)

  it("has no scope, and the refusal says why", async () => {
    const url = await start(moduleWith([UnguardedController], [tenants({ guard: "manual" })]))

    expect(await (await fetch(url, as("acme"))).json()).toEqual({
      scope: "none",
      code: "TENANT_MISSING",
      message: expect.stringContaining("The scope of this request is still undecided: TenantGuard has not run."),
    })
  })
})
