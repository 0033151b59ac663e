import { Controller, Module, Post, Req, UseGuards } from "@nestjs/common"
import { Router } from "@koa/router"
import express from "express"
import Fastify from "fastify"
import { Hono } from "hono"
import Koa from "koa"
import { createServer } from "node:http"
import * as forExpress from "tenant-failsafe/express"
import { fromBody, fromClaim, fromHeader } from "tenant-failsafe/express"
import * as forFastify from "tenant-failsafe/fastify"
import * as forHono from "tenant-failsafe/hono"
import * as forKoa from "tenant-failsafe/koa"
import * as forNest from "tenant-failsafe/nestjs"
import * as forNode from "tenant-failsafe/node"

const switching = { resolve: fromBody("tenant"), authorize: () => true, session: "merchantId" }

// Compiled, never run: each entry fits its framework as it is, and options see the framework's own request.

export function ofExpress(app: express.Express): void {
  app.get("/health", forExpress.tenantless("health check"), (_, response) => void response.end())
  app.post("/session/tenant", forExpress.tenantSwitch(switching))
  app.use(forExpress.tenantScope({ resolve: fromClaim("merchantId") }))
  app.use(
    forExpress.tenantScope({
      resolve: fromHeader("x-merchant"),
      authorize: (request: express.Request, tenant) => request.ip !== undefined && tenant !== "",
      onReject: (rejection, _request, response: express.Response) => response.status(rejection.status).end(),
    }),
  )

  // @ts-expect-error -- an unknown option
  forExpress.tenantScope({ resolve: fromClaim("merchantId"), authorise: () => true })
  // @ts-expect-error -- whoever moves a session must be asked
  forExpress.tenantSwitch({ resolve: fromBody("tenant"), session: "merchantId" })
}

export function ofFastify(app: ReturnType<typeof Fastify>): void {
  void app.register(forFastify.tenantScope({ resolve: fromClaim("merchantId") }))
  app.get("/health", forFastify.tenantless("health check"), () => "ok")
  app.post("/session/tenant", forFastify.tenantless("choosing a tenant"), forFastify.tenantSwitch(switching))
}

export function ofKoa(app: Koa, router: Router): void {
  router.get("/health", forKoa.tenantless("health check"), (context) => void (context.body = "ok"))
  router.post("/session/tenant", forKoa.tenantSwitch(switching))
  app.use(forKoa.tenantScope({ resolve: (context: Koa.Context) => context.get("x-merchant") }))
}

export function ofHono(app: Hono): void {
  app.get("/health", forHono.tenantless("health check"), (context) => context.text("ok"))
  app.post("/session/tenant", forHono.tenantSwitch(switching))
  app.use(forHono.tenantScope({ resolve: (context) => context.req.header("x-merchant") }))
}

export function ofNode(): void {
  createServer(forNode.tenantScope({ resolve: (request) => request.headers.host })((_, response) => response.end()))
  createServer(forNode.tenantless("health check")((_, response) => void response.end()))
  createServer(forNode.tenantSwitch(switching))
}

const switchTo = forNest.tenantSwitch<express.Request>(switching)

@Controller()
@UseGuards(forNest.TenantGuard)
export class SessionController {
  @Post("session/tenant")
  @forNest.Tenantless("choosing a tenant")
  move(@Req() request: express.Request): Promise<forNest.SwitchedTenant> {
    return switchTo(request)
  }
}

@Module({
  imports: [
    forNest.TenantModule.forRoot({
      resolve: (request: express.Request) => request.get("x-merchant"),
      onReject: (rejection, context) => [rejection.status, context.getHandler()],
      resolveMessage: (context) => context.switchToWs().getClient<{ readonly merchant: string }>().merchant,
      guard: "manual",
    }),
    forNest.TenantModule.forRootAsync({
      inject: ["settings"],
      useFactory: (settings: { readonly header: string }) => ({
        resolve: fromHeader(settings.header),
        trustClient: "t",
      }),
    }),
  ],
})
export class AppModule {}
