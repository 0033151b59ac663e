import "reflect-metadata"
import { All, Controller, HttpCode, Module, Req, type DynamicModule, type Type } from "@nestjs/common"
import { NestFactory } from "@nestjs/core"
import { ExpressAdapter, type NestExpressApplication } from "@nestjs/platform-express"
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify"
import type { FastifyRequest } from "fastify"
import { TenantModule, type TenantModuleOptions } from "../../../src/nestjs/index.ts"
import type { Application, Options, Running } from "./frameworks.ts"
import { identify } from "./identify.ts"

interface PlatformRequest {
  readonly originalUrl: string
  readonly body: unknown
}

/** Nest on express, with the application's one handler. */
export async function startNestOnExpress(options: Options, application: Application): Promise<Running> {
  const app = await NestFactory.create<NestExpressApplication>(
    moduleOf(options, application, "/*path"),
    new ExpressAdapter(),
    silent,
  )
  app.use((request: { headers: Record<string, string> }, _: unknown, next: () => void) => {
    Object.assign(request, identify(request.headers))
    next()
  })
  return listening(app)
}

/** Nest on fastify, with the application's one handler. */
export async function startNestOnFastify(options: Options, application: Application): Promise<Running> {
  const app = await NestFactory.create<NestFastifyApplication>(
    moduleOf(options, application, "/*"),
    new FastifyAdapter(),
    silent,
  )
  const fastify = app.getHttpAdapter().getInstance()
  fastify.decorateRequest("user", null as never)
  fastify.decorateRequest("session", null as never)
  fastify.addHook("onRequest", (request: FastifyRequest, _: unknown, done: () => void) => {
    Object.assign(request, { user: undefined, session: undefined }, identify(request.headers))
    done()
  })
  return listening(app)
}

// Nest ends the process when a module fails, unless it is told to throw.
export const silent = { logger: false, abortOnError: false } as const

/** Starts an application that listens where the system likes. */
export async function listening(app: NestExpressApplication | NestFastifyApplication): Promise<Running> {
  await app.listen(0, "127.0.0.1")
  return {
    url: (await app.getUrl()).replace("[::1]", "127.0.0.1"),
    async close() {
      ;(app.getHttpServer() as { closeAllConnections(): void }).closeAllConnections()
      await app.close()
    },
  }
}

export function moduleWith(controllers: readonly Type[], imports: readonly (DynamicModule | Type)[]): Type {
  @Module({ controllers: [...controllers], imports: [...imports] })
  class AppModule {}
  return AppModule
}

function moduleOf(options: Options, application: Application, everything: string): Type {
  @Controller()
  class AppController {
    @All(["/shops/:merchant", everything])
    @HttpCode(200)
    reply(@Req() request: PlatformRequest): unknown {
      return application.work(request.originalUrl, request.body)
    }
  }
  return moduleWith([AppController], [TenantModule.forRoot(options as unknown as TenantModuleOptions)])
}
