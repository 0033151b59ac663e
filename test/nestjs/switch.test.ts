import {
  Catch,
  Controller,
  Get,
  HttpCode,
  HttpException,
  Post,
  Req,
  UseFilters,
  type ArgumentsHost,
} from "@nestjs/common"
import { beforeEach, describe, expect, it } from "vitest"
import { fromBody, fromSession, Tenantless, TenantModule, tenantSwitch } from "../../src/nestjs/index.ts"
import { scopeName } from "../http/support/frameworks.ts"
import { moduleWith } from "../http/support/nest.ts"
import { platforms, serving } from "./support/serving.ts"

let session: Record<string, unknown> | undefined
let caught: unknown[] = []

@Catch(HttpException)
class AppFilter {
  catch(exception: HttpException, host: ArgumentsHost): void {
    caught.push(exception.getResponse())
    host
      .switchToHttp()
      .getResponse<{ status(code: number): { send(body: object): void } }>()
      .status(exception.getStatus())
      .send({})
  }
}

const switchTo = tenantSwitch({
  resolve: fromBody("tenant"),
  authorize: (_, tenant) => tenant === "acme" || tenant === "globex",
  session: "merchant",
})

@Controller()
@UseFilters(AppFilter)
class SessionController {
  @Post("session/tenant")
  @HttpCode(200)
  @Tenantless("choosing a tenant")
  async move(@Req() request: object): Promise<object> {
    Object.assign(request, { session })
    return { ...(await switchTo(request)), scope: scopeName() }
  }

  @Get()
  read(): string {
    return scopeName()
  }
}

beforeEach(() => {
  session = { merchant: "acme" }
  caught = []
})

describe.each(platforms)("tenantSwitch in a controller on $name", (platform) => {
  const start = serving(platform)
  const move = async (tenant: string): Promise<{ readonly status: number; readonly body: unknown }> => {
    const url = await start(
      moduleWith([SessionController], [TenantModule.forRoot({ resolve: fromSession("merchant") })]),
    )
    const response = await fetch(`${url}/session/tenant`, {
      method: "POST",
      body: JSON.stringify({ tenant }),
      headers: { "content-type": "application/json" },
    })
    return { status: response.status, body: await response.json() }
  }

  it("moves the session, and not the scope of the request that asks for it", async () => {
    expect(await move("globex")).toEqual({ status: 200, body: { tenant: "globex", scope: "bypass" } })
    expect(session).toEqual({ merchant: "globex" })
  })

  it("throws an HttpException with the problem where authorize says no, and leaves the session", async () => {
    expect(await move("umbrella")).toMatchObject({ status: 404 })
    expect(caught).toEqual([
      {
        type: "about:blank",
        title: "Not Found",
        status: 404,
        detail: "There is no such tenant.",
        code: "TENANT_NOT_FOUND",
      },
    ])
    expect(session).toEqual({ merchant: "acme" })
  })

  it("throws an HttpException with the problem where there is no session", async () => {
    session = undefined

    expect(await move("globex")).toMatchObject({ status: 401 })
    expect(caught).toMatchObject([{ code: "UNAUTHENTICATED" }])
  })
})
