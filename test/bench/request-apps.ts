import type { RequestListener } from "node:http"
import { getRequestListener } from "@hono/node-server"
import express from "express"
import Fastify from "fastify"
import { Hono } from "hono"
import Koa from "koa"
import { tenantScope as expressScope } from "../../src/express/index.ts"
import { tenantScope as fastifyScope } from "../../src/fastify/index.ts"
import { tenantScope as honoScope } from "../../src/hono/index.ts"
import type { TenantScopeOptions } from "../../src/http/index.ts"
import { tenantScope as koaScope } from "../../src/koa/index.ts"
import { tenantScope as nodeScope } from "../../src/node/index.ts"

export const frameworks = ["express", "fastify", "koa", "hono", "node"] as const

export type Framework = (typeof frameworks)[number]

/** Options as the benchmark writes them: the request is the framework's own, and opaque to it. */
export type Options = TenantScopeOptions<never, never>

/** An application of one framework: it identifies the caller, opens the scope if there are options for it, and answers. */
export interface Application {
  readonly scope: Options | undefined
  /** Who the caller is, by a header: what authentication would have verified. */
  identify(authorization: string | undefined): object | undefined
  work(): object
}

export const apps: Readonly<
  Record<Framework, (application: Application) => RequestListener | Promise<RequestListener>>
> = {
  express({ scope, identify, work }) {
    const app = express()
    app.use((request, _, next) => {
      Object.assign(request, { user: identify(request.headers.authorization) })
      next()
    })
    if (scope !== undefined) app.use(expressScope(scope as never))
    app.get("/work", (_, response) => void response.json(work()))
    return app
  },

  async fastify({ scope, identify, work }) {
    const app = Fastify()
    app.decorateRequest("user")
    app.addHook("onRequest", (request, _, done) => {
      Object.assign(request, { user: identify(request.headers.authorization) })
      done()
    })
    if (scope !== undefined) await app.register(fastifyScope(scope as never) as never)
    app.get("/work", (_, reply) => reply.send(work()))
    await app.ready()
    return (request, response) => app.routing(request, response)
  },

  koa({ scope, identify, work }) {
    const app = new Koa()
    app.use((context, next) => {
      Object.assign(context.state, { user: identify(context.headers.authorization) })
      return next()
    })
    if (scope !== undefined) app.use(koaScope(scope as never) as Koa.Middleware)
    app.use((context) => {
      context.body = work()
    })
    return app.callback()
  },

  hono({ scope, identify, work }) {
    const app = new Hono<{ Variables: { user: object | undefined } }>()
    app.use((context, next) => {
      context.set("user", identify(context.req.header("authorization")))
      return next()
    })
    if (scope !== undefined) app.use(honoScope(scope as never) as never)
    app.get("/work", (context) => context.json(work()))
    return getRequestListener(app.fetch)
  },

  node({ scope, identify, work }) {
    const respond: RequestListener = (_, response) => {
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(work()))
    }
    const listener = scope === undefined ? respond : nodeScope(scope as never)(respond)
    return (request, response) => {
      Object.assign(request, { user: identify(request.headers.authorization) })
      return listener(request, response)
    }
  },
}
