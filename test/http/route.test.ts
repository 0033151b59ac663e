import { createServer } from "node:http"
import { Router } from "@koa/router"
import { Controller, Get, Param } from "@nestjs/common"
import { NestFactory } from "@nestjs/core"
import { ExpressAdapter, type NestExpressApplication } from "@nestjs/platform-express"
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify"
import express from "express"
import Fastify from "fastify"
import { Hono } from "hono"
import Koa from "koa"
import { afterEach, expect, it } from "vitest"
import { currentContext } from "../../src/core/scope.ts"
import { tenantScope as forExpress } from "../../src/express/index.ts"
import { tenantScope as forFastify } from "../../src/fastify/index.ts"
import { tenantScope as forHono } from "../../src/hono/index.ts"
import { bindTenant, switchTenant } from "../../src/index.ts"
import { tenantScope as forKoa } from "../../src/koa/index.ts"
import { TenantModule } from "../../src/nestjs/index.ts"
import { tenantScope as forNode } from "../../src/node/index.ts"
import type { Running } from "./support/frameworks.ts"
import { listen, serveHono } from "./support/listen.ts"
import { listening, moduleWith, silent } from "./support/nest.ts"

const options = { resolve: () => 7, tenantless: (request: object) => isHealth(request) && "health check" }
const route = (): string => currentContext()?.route?.() ?? "unknown"

let server: Running
afterEach(() => server.close())

function isHealth(request: object): boolean {
  const { url, originalUrl, req } = request as { url?: string; originalUrl?: string; req?: { url?: string } }
  return (originalUrl ?? url ?? req?.url ?? "").endsWith("/health")
}

const answer = async (path: string): Promise<string> => (await fetch(server.url + path)).text()

@Controller("customers")
class CustomerController {
  @Get(":id")
  read(@Param("id") _id: string): string {
    return route()
  }
}

const starts: Record<string, () => Promise<Running>> = {
  express() {
    const app = express().use(forExpress(options))
    app.get("/customers/:id", (_, response) => void response.send(route()))
    return listen(createServer(app))
  },
  async fastify() {
    const app = Fastify()
    await app.register(forFastify(options))
    await app.register(async (customers) => void customers.get("/:id", () => route()), { prefix: "/customers" })
    return { url: await app.listen({ port: 0, host: "127.0.0.1" }), close: () => app.close() }
  },
  koa() {
    const router = new Router({ prefix: "/customers" })
    router.get("/:id", (context) => void (context.body = route()))
    const app = new Koa().use(forKoa(options)).use(router.routes() as never)
    return listen(createServer(app.callback()))
  },
  hono() {
    const app = new Hono()
    app.use(forHono(options))
    app.get("/customers/:id", (context) => context.text(route()))
    return serveHono(app)
  },
  async "nest on express"() {
    const module = moduleWith([CustomerController], [TenantModule.forRoot(options)])
    return listening(await NestFactory.create<NestExpressApplication>(module, new ExpressAdapter(), silent))
  },
  async "nest on fastify"() {
    const module = moduleWith([CustomerController], [TenantModule.forRoot(options)])
    return listening(await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), silent))
  },
}

it.each(Object.keys(starts))("%s tells the template of the route, and nothing of the URL", async (name) => {
  server = await starts[name]!()

  expect(await answer("/customers/4711?token=secret")).toBe("/customers/:id")
})

it("express hides the base of a mounted router, which holds what the client asked for", async () => {
  const addresses = express.Router({ mergeParams: true })
  addresses.get("/addresses/:id", (_, response) => void response.send(route()))
  server = await listen(createServer(express().use(forExpress(options)).use("/customers/:customer", addresses)))

  expect(await answer("/customers/4711/addresses/12")).toBe("*/addresses/:id")
})

it("node:http knows of no routes", async () => {
  server = await listen(createServer(forNode({ resolve: () => 7 })((_, response) => response.end(route()))))

  expect(await answer("/customers/4711")).toBe("unknown")
})

it("scopes within the request, bypasses and bound callbacks keep the route", async () => {
  const app = express().use(forExpress(options))
  app.get(["/customers", "/health"], (request, response) => {
    const inside = bindTenant(() => route())
    response.json([switchTenant(8, "test", route), inside(), typeof request.route.path])
  })
  app.get("/orders/health", (_, response) => void response.send(route()))
  server = await listen(createServer(app))

  expect(await answer("/orders/health")).toBe("/orders/health")
  expect(JSON.parse(await answer("/customers"))).toEqual(["unknown", "unknown", "object"])
})
