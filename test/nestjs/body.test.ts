import { AsyncResource } from "node:async_hooks"
import { EventEmitter, once } from "node:events"
import { request as rawRequest, type IncomingMessage, type Server } from "node:http"
import { json } from "node:stream/consumers"
import {
  Body,
  Controller,
  Module,
  Post,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
  type MiddlewareConsumer,
  type NestModule,
  type Type,
} from "@nestjs/common"
import type { FastifyInstance } from "fastify"
import { describe, expect, it } from "vitest"
import { runPending } from "../../src/core/pending-scope.ts"
import type { Scope } from "../../src/index.ts"
import { fromBody, TenantModule } from "../../src/nestjs/index.ts"
import { scopeName } from "../http/support/frameworks.ts"
import { moduleWith } from "../http/support/nest.ts"
import { platforms, serving } from "./support/serving.ts"

const head = { "content-type": "application/json" }
const postTo = async (url: string, body: unknown = { merchant: "acme" }): Promise<unknown> =>
  (await fetch(url, { method: "POST", body: JSON.stringify(body), headers: head })).json()

/** Sends the body when the application has the head of the request, and works on it. */
async function postLate(url: string): Promise<unknown> {
  const body = JSON.stringify({ merchant: "acme" })
  const request = rawRequest(url, { method: "POST", headers: { ...head, "content-length": body.length } })
  request.flushHeaders()
  await once(heads, "reached")
  request.end(body)
  const [response] = (await once(request, "response")) as [IncomingMessage]
  return json(response)
}

const heads = new EventEmitter()

@Controller()
class BodyController {
  @Post()
  post(@Body() body: object): object {
    return { body, scope: scopeName() }
  }
}

describe.each(platforms)("a JSON body on $name", (platform) => {
  const start = serving(platform)

  @Module({
    controllers: [BodyController],
    imports: [TenantModule.forRoot({ resolve: fromBody("merchant"), authorize: () => true })],
  })
  class BodyModule {}

  it("is parsed before the tenant is resolved from it, and keeps the scope", async () => {
    const url = await start(BodyModule)

    expect(await postTo(url)).toEqual({ body: { merchant: "acme" }, scope: "acme" })
  })

  it("that arrives after the head keeps the scope", async () => {
    const url = await start(BodyModule, reportHeads)

    expect(await postLate(url)).toMatchObject({ scope: "acme" })
  })

  it("that lacks the tenant is refused", async () => {
    const url = await start(BodyModule)

    expect(await postTo(url, {})).toMatchObject({ code: "TENANT_ABSENT" })
  })
})

describe("a scope that is opened on fastify", () => {
  const start = serving(platforms[1]!)

  it("by TenantModule is kept where a hook goes on from an event", async () => {
    const module = moduleWith([BodyController], [TenantModule.forRoot({ resolve: () => "acme" })])

    expect(await postTo(await start(module, goOnFromAnEvent))).toMatchObject({ scope: "acme" })
  })

  // Fastify 5 parses a body in the context in which its hooks left the request.
  it("by a middleware is kept while the body is parsed", async () => {
    expect(await postLate(await start(openedByMiddleware(), reportHeads))).toEqual({ scope: "acme" })
  })

  it("by a middleware is lost where a hook goes on from an event, as one that waits for a session store does", async () => {
    expect(await postTo(await start(openedByMiddleware(), goOnFromAnEvent))).toEqual({ scope: "none" })
  })
})

/** Before the platform parses any body. */
function reportHeads(app: INestApplication): void {
  ;(app.getHttpServer() as Server).on("request", () => heads.emit("reached"))
}

/** Before the handler fastify waits for an event that is emitted elsewhere. */
function goOnFromAnEvent(app: INestApplication): void {
  const waiting = new EventEmitter()
  const fastify = app.getHttpAdapter().getInstance() as FastifyInstance
  const outside = new AsyncResource("test")
  fastify.addHook("preValidation", (_request, _reply, done) => {
    waiting.once("loaded", () => done())
    setImmediate(() => outside.runInAsyncScope(() => waiting.emit("loaded")))
  })
}

/** An application that opens its scopes in a middleware, and seals them in a guard. */
function openedByMiddleware(): Type {
  const seals = new WeakMap<object, (scope: Scope) => void>()

  class SealingGuard implements CanActivate {
    canActivate(context: ExecutionContext): boolean {
      const request = context.switchToHttp().getRequest<{ raw?: object }>()
      seals.get(request.raw ?? request)!({ kind: "tenant", tenant: "acme" })
      return true
    }
  }

  @Controller()
  @UseGuards(SealingGuard)
  class SealedController {
    @Post()
    post(): object {
      return { scope: scopeName() }
    }
  }

  @Module({ controllers: [SealedController] })
  class MiddlewareModule implements NestModule {
    configure(consumer: MiddlewareConsumer): void {
      const open = (request: object, _: unknown, next: () => void): void =>
        runPending((seal) => {
          seals.set(request, seal)
          next()
        })
      consumer.apply(open).forRoutes("{*path}")
    }
  }
  return MiddlewareModule
}
