import "reflect-metadata"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { json } from "node:stream/consumers"
import { Controller, Get, HttpCode, Post, Req } from "@nestjs/common"
import { NestFactory } from "@nestjs/core"
import { ExpressAdapter, type NestExpressApplication } from "@nestjs/platform-express"
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify"
import express from "express"
import Fastify, { type FastifyInstance } from "fastify"
import { Hono, type Context } from "hono"
import Koa from "koa"
import * as ofExpress from "../../../src/express/index.ts"
import * as ofFastify from "../../../src/fastify/index.ts"
import * as ofHono from "../../../src/hono/index.ts"
import { firstOf, fromBody, fromHeader, fromSession, type TenantSwitchOptions } from "../../../src/http/index.ts"
import * as ofKoa from "../../../src/koa/index.ts"
import * as ofNest from "../../../src/nestjs/index.ts"
import type { Listener as NodeListener } from "../../../src/node/tenant-scope.ts"
import * as ofNode from "../../../src/node/index.ts"
import { scopeName, type Running } from "./frameworks.ts"
import { listen, serveHono } from "./listen.ts"
import { listening, moduleWith, silent } from "./nest.ts"

type Listener = NodeListener<IncomingMessage, ServerResponse>

/** Sessions by the header `x-sid`: what a session middleware would read from a cookie. */
export type Sessions = Map<string, object>

export interface SwitchingFramework {
  readonly name: string
  /** An application with `POST /session/tenant`, `GET /health` and `GET /work`. */
  start(sessions: Sessions, options?: Partial<TenantSwitchOptions<never, never>>): Promise<Running>
}

export const switchingFrameworks: readonly SwitchingFramework[] = [
  { name: "express", start: startExpress },
  { name: "fastify", start: startFastify },
  { name: "koa", start: startKoa },
  { name: "hono", start: startHono },
  { name: "node", start: startNode },
  { name: "nest on express", start: (sessions, options) => startNest("express", sessions, options) },
  { name: "nest on fastify", start: (sessions, options) => startNest("fastify", sessions, options) },
]

/** Everybody is a member of acme and globex, and of no other tenant. */
const authorize = (_: unknown, tenant: unknown) =>
  tenant === "initech" ? "suspended" : tenant === "acme" || tenant === "globex"
const selecting = { resolve: firstOf(fromHeader("x-tenant"), fromSession("merchant")), authorize } as const
const switching = { resolve: fromBody("tenant"), authorize, session: "merchant" } as const
const health = "health check"

function sessionOf(sessions: Sessions, sid: string | undefined): object | undefined {
  return sid === undefined ? undefined : sessions.get(sid)
}

async function startExpress(sessions: Sessions, options?: object): Promise<Running> {
  const app = express()
  app.use(express.json())
  app.use((request, _, next) => {
    Object.assign(request, { session: sessionOf(sessions, request.get("x-sid")) })
    next()
  })
  app.get("/health", ofExpress.tenantless(health), (_, response) => void response.send(scopeName()))
  app.post("/session/tenant", ofExpress.tenantSwitch({ ...switching, ...options }))
  app.use(ofExpress.tenantScope(selecting))
  app.get("/work", (_, response) => void response.send(scopeName()))
  return listen(createServer(app))
}

function withSessions(app: FastifyInstance, sessions: Sessions): void {
  app.decorateRequest("session", null as never)
  app.addHook("onRequest", (request, _, done) => {
    Object.assign(request, { session: sessionOf(sessions, request.headers["x-sid"] as string | undefined) })
    done()
  })
}

async function startFastify(sessions: Sessions, options?: object): Promise<Running> {
  const app = Fastify()
  withSessions(app, sessions)
  await app.register(ofFastify.tenantScope(selecting))
  app.get("/health", ofFastify.tenantless(health), () => scopeName())
  app.post(
    "/session/tenant",
    ofFastify.tenantless("choosing a tenant"),
    ofFastify.tenantSwitch({ ...switching, ...options }),
  )
  app.get("/work", () => scopeName())
  return { url: await app.listen({ port: 0, host: "127.0.0.1" }), close: () => app.close() }
}

async function startKoa(sessions: Sessions, options?: object): Promise<Running> {
  const app = new Koa()
  const routes: Record<string, Koa.Middleware[]> = {
    "/health": [ofKoa.tenantless(health), (context) => void (context.body = scopeName())],
    "/session/tenant": [ofKoa.tenantSwitch({ ...switching, ...options }) as Koa.Middleware],
  }
  app.use(async (context, next) => {
    const session = sessionOf(sessions, context.get("x-sid") || undefined)
    Object.assign(context, { session })
    if (context.method === "POST") Object.assign(context.request, { body: await json(context.req) })
    const [first, second] = routes[context.path] ?? []
    await (first === undefined ? next() : first(context, async () => void (await second?.(context, next))))
  })
  app.use(ofKoa.tenantScope(selecting) as Koa.Middleware)
  app.use((context) => void (context.body = scopeName()))
  return listen(createServer(app.callback()))
}

function startHono(sessions: Sessions, options?: object): Promise<Running> {
  const app = new Hono<{ Variables: { session: object | undefined } }>()
  app.use(async (context, next) => {
    context.set("session", sessionOf(sessions, context.req.header("x-sid")))
    await next()
  })
  const reply = (context: Context) => context.text(scopeName())
  app.get("/health", ofHono.tenantless(health), reply)
  app.post("/session/tenant", ofHono.tenantSwitch({ ...switching, ...options }))
  app.use(ofHono.tenantScope(selecting))
  app.get("/work", reply)
  return serveHono(app)
}

async function startNode(sessions: Sessions, options?: object): Promise<Running> {
  const reply: Listener = (_, response) => response.end(scopeName())
  const routes: Record<string, Listener> = {
    "/health": ofNode.tenantless(health)(reply),
    "/session/tenant": ofNode.tenantSwitch({ ...switching, ...options }),
    "/work": ofNode.tenantScope(selecting)(reply),
  }
  return listen(
    createServer(async (request: IncomingMessage, response) => {
      const session = sessionOf(sessions, request.headers["x-sid"] as string | undefined)
      Object.assign(request, { session, body: request.method === "POST" ? await json(request) : undefined })
      await routes[request.url!]!(request, response)
    }),
  )
}

async function startNest(platform: "express" | "fastify", sessions: Sessions, options?: object): Promise<Running> {
  const switchTo = ofNest.tenantSwitch<Request>({ ...switching, ...options })

  @Controller()
  class AppController {
    @Get("health")
    @ofNest.Tenantless(health)
    health(): string {
      return scopeName()
    }

    @Post("session/tenant")
    @HttpCode(200)
    @ofNest.Tenantless("choosing a tenant")
    move(@Req() request: Request): Promise<object> {
      return switchTo(request)
    }

    @Get("work")
    work(): string {
      return scopeName()
    }
  }
  const module = moduleWith([AppController], [ofNest.TenantModule.forRoot(selecting)])
  if (platform === "express") {
    const app = await NestFactory.create<NestExpressApplication>(module, new ExpressAdapter(), silent)
    app.use((request: IncomingMessage, _: unknown, next: () => void) => {
      Object.assign(request, { session: sessionOf(sessions, request.headers["x-sid"] as string | undefined) })
      next()
    })
    return listening(app)
  }
  const app = await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), silent)
  withSessions(app.getHttpAdapter().getInstance(), sessions)
  return listening(app)
}
