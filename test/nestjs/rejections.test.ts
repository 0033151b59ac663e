import {
  Catch,
  Controller,
  Get,
  HttpException,
  Module,
  type ArgumentsHost,
  type ExceptionFilter,
  type ExecutionContext,
} from "@nestjs/common"
import { APP_FILTER } from "@nestjs/core"
import { beforeEach, describe, expect, it } from "vitest"
import { TenantModule, type Rejection } from "../../src/nestjs/index.ts"
import { moduleWith } from "../http/support/nest.ts"
import { platforms, serving } from "./support/serving.ts"

interface PlatformResponse {
  status(code: number): { send(body: unknown): unknown }
}

let handled = 0
let caught: object[] = []
const absent = {
  type: "about:blank",
  title: "Bad Request",
  status: 400,
  detail: "The request names no tenant.",
  code: "TENANT_ABSENT",
}

@Controller()
class AppController {
  @Get()
  read(): object {
    handled++
    return {}
  }
}

@Catch(HttpException)
class AppFilter implements ExceptionFilter<HttpException> {
  catch(exception: HttpException, host: ArgumentsHost): void {
    caught.push({ status: exception.getStatus(), body: exception.getResponse() })
    responseOf(host).status(exception.getStatus()).send({ app: "says no" })
  }
}

@Module({ providers: [{ provide: APP_FILTER, useClass: AppFilter }] })
class FilterModule {}

function responseOf(host: ArgumentsHost | ExecutionContext): PlatformResponse {
  return host.switchToHttp().getResponse<PlatformResponse>()
}

const down = new Error("down")
const nobody = (): undefined => undefined
const crash = (): never => {
  throw down
}

beforeEach(() => {
  handled = 0
  caught = []
})

describe.each(platforms)("a refused request on $name", (platform) => {
  const start = serving(platform)
  const moduleOf = (options: object, imports: readonly (new () => object)[] = []) =>
    moduleWith([AppController], [...imports, TenantModule.forRoot({ resolve: nobody, ...options })])
  const answer = async (options: object, imports: readonly (new () => object)[] = []) => {
    const url = await start(moduleOf(options, imports))
    const response = await fetch(url)
    const text = await response.text()
    return { status: response.status, body: text.startsWith("{") ? (JSON.parse(text) as unknown) : text }
  }

  it.each([
    ["", {}],
    [", whatever onReject returns", { onReject: () => true }],
  ])("never reaches its handler%s", async (_, options) => {
    await answer(options)

    expect(handled).toBe(0)
  })

  it("reaches an application's filter of HttpExceptions with the status and the problem", async () => {
    const answered = await answer({}, [FilterModule])

    expect(caught).toEqual([{ status: 400, body: absent }])
    expect(answered).toEqual({ status: 400, body: { app: "says no" } })
  })

  it("gets the exception that onReject throws", async () => {
    const onReject = ({ code }: Rejection) => {
      throw new HttpException({ mine: code }, 418)
    }

    expect(await answer({ onReject })).toEqual({ status: 418, body: { mine: "TENANT_ABSENT" } })
  })

  it("gets the exception that onReject rejects with", async () => {
    const onReject = async ({ code }: Rejection) => {
      await Promise.resolve()
      throw new HttpException({ mine: code }, 418)
    }

    expect(await answer({ onReject })).toEqual({ status: 418, body: { mine: "TENANT_ABSENT" } })
  })

  it.each([
    ["at once", ({ code }: Rejection, host: ExecutionContext) => void responseOf(host).status(402).send({ code })],
    [
      "by a promise",
      async ({ code }: Rejection, host: ExecutionContext) => {
        await Promise.resolve()
        return responseOf(host).status(402).send({ code })
      },
    ],
  ])("gets the answer that onReject sends %s", async (_, onReject) => {
    expect(await answer({ onReject })).toEqual({ status: 402, body: { code: "TENANT_ABSENT" } })
  })

  // Nest 12 goes from a guard that says no to the exception filters, answered or not.
  it("gets the answer that onReject sends, and no other, though a filter of the application answers after it", async () => {
    const onReject = ({ code }: Rejection, host: ExecutionContext) => void responseOf(host).status(402).send({ code })

    expect(await answer({ onReject }, [FilterModule])).toEqual({ status: 402, body: { code: "TENANT_ABSENT" } })
    expect(caught).toMatchObject([{ status: 403 }])
  })

  it.each([
    ["returns nothing", nobody],
    ["resolves to nothing", async () => Promise.resolve()],
    ["returns what is no answer", () => "no answer"],
  ])("gets the problem when onReject %s", async (_, onReject) => {
    expect(await answer({ onReject })).toEqual({ status: 400, body: absent })
  })

  it("is refused once, whatever a crash of resolve is answered with, and onReject learns the cause", async () => {
    const rejections: unknown[] = []
    const onReject = (rejection: Rejection) => void rejections.push(rejection)

    expect(await answer({ resolve: crash, onReject })).toMatchObject({ status: 503 })
    expect(rejections).toEqual([
      {
        status: 503,
        code: "UNAVAILABLE",
        detail: "The tenant of this request could not be determined.",
        cause: down,
      },
    ])
  })

  it("tells the client nothing of the cause", async () => {
    expect(JSON.stringify(await answer({ resolve: crash, onReject: nobody }))).not.toContain("down")
  })

  it("warns of a crash that no onReject learns of", async () => {
    const warned = Promise.withResolvers<Error & { detail?: string }>()
    process.on("warning", warned.resolve)
    try {
      await answer({ resolve: crash })

      expect(await warned.promise).toMatchObject({
        name: "TenantFailsafeWarning",
        message: down.stack,
        detail: "tenantScope could not resolve the tenant of a request, and answered 503.",
      })
    } finally {
      process.off("warning", warned.resolve)
    }
  })
})
