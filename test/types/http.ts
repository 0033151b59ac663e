import express from "express"
import Fastify from "fastify"
import { Hono } from "hono"
import Koa from "koa"
import { createServer } from "node:http"
import { fromClaim, fromHeader, tenantScope as forExpress } from "tenant-failsafe/express"
import { tenantScope as forFastify } from "tenant-failsafe/fastify"
import { tenantScope as forHono } from "tenant-failsafe/hono"
import { tenantScope as forKoa } from "tenant-failsafe/koa"
import { tenantScope as forNode } from "tenant-failsafe/node"

/** Compiled, never run: each entry fits its framework as it is, and options see the framework's own request. */
export function registrations(): void {
  express().use(forExpress({ resolve: fromClaim("merchantId") }))
  express().use(
    forExpress({
      resolve: fromHeader("x-merchant"),
      authorize: (request: express.Request, tenant) => request.ip !== undefined && tenant !== "",
      onReject: (rejection, _request, response: express.Response) => response.status(rejection.status).end(),
    }),
  )
  void Fastify().register(forFastify({ resolve: fromClaim("merchantId") }))
  new Koa().use(forKoa({ resolve: (context: Koa.Context) => context.get("x-merchant") }))
  new Hono().use(forHono({ resolve: (context) => context.req.header("x-merchant") }))
  createServer(forNode({ resolve: (request) => request.headers.host })((_, response) => response.end()))

  // @ts-expect-error -- an unknown option
  forExpress({ resolve: fromClaim("merchantId"), authorise: () => true })
}
